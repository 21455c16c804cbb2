// What a model file keeps of its calibration (docs/model-format.md), so that any budget can be
// turned into a policy later.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "calibrate/certificate.h"
#include "calibrate/rule.h"
#include "calibrate/segment_times.h"
#include "fovea/model.h"

namespace fovea {

/// A rule, and what it gave on the half that chose it and on the other.
struct CurvePoint {
  ThresholdRule rule;
  double macs = 0;           ///< mean per sample
  double top1 = 0;           ///< per cent
  double held_out_macs = 0;  ///< the same on the certifying half; as chosen where that is empty
  double held_out_top1 = 0;
};

/// How samples were taken out of a data set. Files of older programs lack all of it.
struct SampleChoice {
  std::optional<int64_t> take;           ///< only so many of the first
  std::string corrupt;                   ///< how the pictures were spoiled, or empty
  std::optional<int64_t> hold_out;       ///< how many of the training data are its validation split
  std::optional<int64_t> hold_out_seed;  ///< which
  std::optional<int64_t> trained_on;     ///< samples that the model's training saw, by its record
};

/// Recorded confidences of labelled samples in two halves: one chooses, the other certifies.
/// Thread-safety: a value.
struct CalibrationRecord {
  std::string data;  ///< as the command line named it
  std::string split;
  SampleChoice choice;
  std::vector<uint64_t> pictures;         ///< [n], content_hash of each; empty in older files
  std::string weights;                    ///< weights_digest of the model that was recorded
  uint64_t seed = 0;                      ///< of the halves
  std::vector<Scoring> scoring;           ///< [K], of the confidences below
  ExitTable table;                        ///< confidence and answer of every sample at every exit
  std::vector<int64_t> labels;            ///< [n]
  std::vector<int64_t> select;            ///< samples that choose, ascending
  std::vector<int64_t> certify;           ///< all others, ascending
  std::vector<CurvePoint> curve;          ///< by rising cost
  std::vector<ThresholdRule> candidates;  ///< what a bounded drop is chosen from (certificate.h)
  std::vector<SegmentTimes> times;
  std::vector<Certificate> certificates;
};

/// The halves of the labelled samples by a seeded permutation, as places in the scores, ascending;
/// of an odd number the selecting half is the larger.
struct Halves {
  std::vector<int64_t> select;
  std::vector<int64_t> certify;
};
[[nodiscard]] Halves halves_of(const Scores& scores, uint64_t seed);

/// Takes the labelled samples of recorded scores, cut into halves_of.
/// Errors (kBadInput): no labelled sample.
[[nodiscard]] Result<CalibrationRecord> record_of(const Scores& scores, uint64_t seed);

/// Finds the curve and the candidates on the selecting half.
void solve_curve(CalibrationRecord& record, const Graph& graph);

/// The selecting half with a cost; likewise the certifying half, which may be empty.
[[nodiscard]] RuleData selecting(const CalibrationRecord& record, AskedCost cost);
[[nodiscard]] RuleData certifying(const CalibrationRecord& record, AskedCost cost);

/// What a rule gives on the samples of a calibration that did not choose it.
struct Expectation {
  int64_t n = 0;
  bool held_out = false;  ///< false where the certifying half is empty: then on those that chose
  int64_t correct = 0;
  double cost = 0;  ///< mean per sample
};
[[nodiscard]] Expectation expected_of(const CalibrationRecord& record, const ThresholdRule& rule,
                                      const AskedCost& cost);

/// The cheapest point of the curve that reaches a top-1 (per cent) on the selecting half, so that
/// its accuracy on the certifying half is that of samples which did not choose it; null where none
/// reaches it.
[[nodiscard]] const CurvePoint* cheapest_reaching(const CalibrationRecord& record, double top1);

/// SHA-256 of a model's parameters: names, shapes and values as they are used.
[[nodiscard]] std::string weights_digest(const Model& model);
/// SHA-256 of a record's pictures and classes, in order; empty where it has no pictures.
[[nodiscard]] std::string samples_digest(const CalibrationRecord& record);

/// How many of these pictures, by content_hash, the calibration used.
[[nodiscard]] int64_t n_calibrated_on(const CalibrationRecord& record,
                                      std::span<const uint64_t> pictures);

/// Puts a record into a model: tensors `fovea.calibration.…` and the metadata `fovea.calibration`.
void store_calibration(const CalibrationRecord& record, Model& model);

/// Reads it back. Errors: kUsage where the model holds none (the hint says how to get one),
/// kBadInput where what it holds is damaged, or belongs to another network or to exits that are
/// scored otherwise; `source` names the file.
[[nodiscard]] Result<CalibrationRecord> stored_calibration(const Model& model,
                                                           std::string_view source);

}  // namespace fovea
