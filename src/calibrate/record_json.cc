#include "calibrate/record_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace fovea {
namespace {

using Json = nlohmann::ordered_json;

Result<Trace> no_trace(const std::string& path) {
  return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "a stored rule replays '" + path + "'"};
}

Json json_of(const ThresholdRule& rule) { return Json::parse(policy_to_json(rule.policy())); }

Json json_of(const CurvePoint& point) {
  return {{"policy", json_of(point.rule)},
          {"macs", point.macs},
          {"top1", point.top1},
          {"held_out", {{"macs", point.held_out_macs}, {"top1", point.held_out_top1}}}};
}

Json json_of(const SegmentTimes& times) {
  return {{"machine", times.key.machine}, {"executor", times.key.executor},
          {"batch", times.key.batch},     {"threads", times.key.threads},
          {"load_ms", times.load_ms},     {"segment_ms", times.segment_ms}};
}

Json json_of(const Certificate& certificate) {
  return {{"max_drop", certificate.promise.max_drop},
          {"confidence", certificate.promise.confidence},
          {"policy", json_of(certificate.rule)},
          {"n", certificate.changes.n},
          {"lost", certificate.changes.lost},
          {"gained", certificate.changes.gained},
          {"bound", certificate.bound},
          {"macs", certificate.macs}};
}

class Reader {
 public:
  Reader(std::string_view source, int n_exits) : source_(source), n_exits_(n_exits) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "the stored calibration is damaged: " + what,
                 .where = source_,
                 .hint = "`fovea calibrate` writes it anew"});
  }

  /// A part of an object, or null.
  static const Json& part(const Json& from, const char* key) {
    static const Json nothing;
    const auto at = from.is_object() ? from.find(key) : from.end();
    return at == from.end() ? nothing : *at;
  }

  double number(const Json& from, const char* key) const {
    const Json& value = part(from, key);
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      fail(std::string("'") + key + "' is no number");
    }
    return value.get<double>();
  }

  int64_t count(const Json& from, const char* key) const {
    const Json& value = part(from, key);
    if (!value.is_number_integer() || value.get<int64_t>() < 0) {
      fail(std::string("'") + key + "' is no count");
    }
    return value.get<int64_t>();
  }

  std::optional<int64_t> count_if_there(const Json& from, const char* key) const {
    if (part(from, key).is_null()) return std::nullopt;
    return count(from, key);
  }

  static std::string text(const Json& from, const char* key) {
    const Json& value = part(from, key);
    return value.is_string() ? value.get<std::string>() : std::string();
  }

  ThresholdRule rule(const Json& policy) const {
    const Result<Policy> parsed = parse_policy_json(policy.dump(), no_trace);
    if (!parsed.ok()) fail(parsed.error().message());
    if (parsed.value().exit.value_or(0) >= n_exits_) fail("a policy names an exit too many");
    const auto out = rule_of(parsed.value(), n_exits_);
    if (!out) fail("a policy holds more than thresholds");
    return *out;
  }

  CurvePoint curve_point(const Json& from) const {
    const Json& held_out = part(from, "held_out");
    return {.rule = rule(part(from, "policy")),
            .macs = number(from, "macs"),
            .top1 = number(from, "top1"),
            .held_out_macs = number(held_out, "macs"),
            .held_out_top1 = number(held_out, "top1")};
  }

  Scoring scoring(const Json& from) const {
    Scoring out;
    std::string expected;
    if (!parse_attribute(text(from, "metric"), out.metric, expected)) {
      fail("a metric is not " + expected);
    }
    out.temperature = static_cast<float>(number(from, "temperature"));
    return out;
  }

  SegmentTimes times(const Json& from) const {
    SegmentTimes out{.key = {.machine = text(from, "machine"),
                             .executor = text(from, "executor"),
                             .batch = count(from, "batch"),
                             .threads = static_cast<int>(count(from, "threads"))},
                     .load_ms = number(from, "load_ms")};
    for (const Json& ms : part(from, "segment_ms")) {
      if (!ms.is_number() || !(ms.get<double>() >= 0)) fail("a segment's time is no time");
      out.segment_ms.push_back(ms.get<double>());
    }
    if (out.segment_ms.size() != static_cast<size_t>(n_exits_)) fail("a time is missing");
    return out;
  }

  Certificate certificate(const Json& from) const {
    return {
        .promise = {.max_drop = number(from, "max_drop"), .confidence = number(from, "confidence")},
        .rule = rule(part(from, "policy")),
        .changes = {.n = count(from, "n"),
                    .lost = count(from, "lost"),
                    .gained = count(from, "gained")},
        .bound = number(from, "bound"),
        .macs = number(from, "macs")};
  }

 private:
  std::string source_;
  int n_exits_;
};

void write_choice(const CalibrationRecord& record, Json& to) {
  const SampleChoice& choice = record.choice;
  const auto write = [&to](const char* key, const std::optional<int64_t>& value) {
    if (value) to[key] = *value;
  };
  write("take", choice.take);
  if (!choice.corrupt.empty()) to["corrupt"] = choice.corrupt;
  write("hold_out", choice.hold_out);
  write("hold_out_seed", choice.hold_out_seed);
  write("trained_on", choice.trained_on);
  if (!record.pictures.empty()) to["samples"] = samples_digest(record);
  if (!record.weights.empty()) to["weights"] = record.weights;
}

}  // namespace

std::string calibration_to_json(const CalibrationRecord& record) {
  Json out{{"rule", "official"},     {"data", record.data},
           {"split", record.split},  {"n", record.table.n},
           {"seed", record.seed},    {"scoring", Json::array()},
           {"curve", Json::array()}, {"candidates", Json::array()},
           {"times", Json::array()}, {"certificates", Json::array()}};
  write_choice(record, out);
  for (const Scoring& each : record.scoring) {
    out["scoring"].push_back(
        {{"metric", attribute_text(each.metric)}, {"temperature", double{each.temperature}}});
  }
  for (const CurvePoint& point : record.curve) out["curve"].push_back(json_of(point));
  for (const ThresholdRule& rule : record.candidates) out["candidates"].push_back(json_of(rule));
  for (const SegmentTimes& times : record.times) out["times"].push_back(json_of(times));
  for (const Certificate& each : record.certificates) {
    out["certificates"].push_back(json_of(each));
  }
  return out.dump();
}

void read_calibration_json(std::string_view json, std::string_view source,
                           CalibrationRecord& record) {
  const Reader reader(source, record.table.n_exits);
  const Json value = Json::parse(json, nullptr, false);
  if (!value.is_object()) reader.fail("fovea.calibration is no JSON object");
  record.data = Reader::text(value, "data");
  record.split = Reader::text(value, "split");
  record.choice = {.take = reader.count_if_there(value, "take"),
                   .corrupt = Reader::text(value, "corrupt"),
                   .hold_out = reader.count_if_there(value, "hold_out"),
                   .hold_out_seed = reader.count_if_there(value, "hold_out_seed"),
                   .trained_on = reader.count_if_there(value, "trained_on")};
  record.weights = Reader::text(value, "weights");
  record.seed = static_cast<uint64_t>(reader.count(value, "seed"));
  for (const Json& each : Reader::part(value, "scoring")) {
    record.scoring.push_back(reader.scoring(each));
  }
  for (const Json& point : Reader::part(value, "curve")) {
    record.curve.push_back(reader.curve_point(point));
  }
  for (const Json& rule : Reader::part(value, "candidates")) {
    record.candidates.push_back(reader.rule(rule));
  }
  for (const Json& times : Reader::part(value, "times")) {
    record.times.push_back(reader.times(times));
  }
  for (const Json& each : Reader::part(value, "certificates")) {
    record.certificates.push_back(reader.certificate(each));
  }
}

}  // namespace fovea
