#include "calibrate/certificate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>
#include <string>

#include "calibrate/frontier.h"

namespace fovea {
namespace {

/// A candidate as the selecting half sees it.
struct Candidate {
  ThresholdRule rule;
  AnswerChanges changes;
  double cost = 0;
  double drop = 0;       ///< at least 0: what is gained on the samples that chose is mostly luck
  double deviation = 0;  ///< of the drop that n_certify samples will show
  double luck = 0;       ///< deviation of that drop from the one seen: both halves have theirs
  /// The drop, about as the certifying half will bound it.
  [[nodiscard]] double expected_bound() const { return drop + kDeviations * deviation; }
  /// The same where the one half was lucky and the other is not.
  [[nodiscard]] double unlucky_bound() const { return drop + kDeviations * (deviation + luck); }

  static constexpr double kDeviations = 1.7;
};

std::string percent_text(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return std::string(text.data()) + " %";
}

ErrorInfo refused(std::string what, const Promise& promise, std::string expected,
                  std::string found) {
  return {.kind = ErrorKind::kUsage,
          .what = std::move(what),
          .where = "a drop of at most " + percent_text(promise.max_drop) + " with confidence " +
                   percent_text(promise.confidence),
          .expected = std::move(expected),
          .found = std::move(found)};
}

struct Order {
  std::optional<Candidate> safest;  ///< of all that save anything
  std::vector<Candidate> tested;    ///< safest first, each cheaper than all before it
};

/// Candidates that are cheaper than the last exit, in the order of the tests.
Order in_order(const RuleData& select, int64_t n_certify, std::span<const ThresholdRule> rules,
               double max_drop) {
  const int last = select.n_exits() - 1;
  std::vector<Candidate> all;
  for (const ThresholdRule& rule : rules) {
    Candidate out{
        .rule = rule, .changes = answer_changes(select, rule), .cost = select.judge(rule).cost};
    // One change more than was seen: none seen is not none there is.
    const double changed = static_cast<double>(out.changes.lost + out.changes.gained + 1) /
                           static_cast<double>(out.changes.n);
    out.drop = std::max(0.0, out.changes.drop());
    out.deviation = std::sqrt(changed / static_cast<double>(n_certify));
    out.luck = std::hypot(out.deviation, std::sqrt(changed / static_cast<double>(out.changes.n)));
    all.push_back(std::move(out));
  }
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.expected_bound() < b.expected_bound();
  });
  std::vector<Candidate> out;
  double cost = select.costs(std::span(&last, 1))[static_cast<size_t>(last)];
  for (Candidate& each : all) {
    if (each.cost >= cost) continue;
    cost = each.cost;
    out.push_back(std::move(each));
  }
  if (out.empty()) return {};
  Candidate safest = out.front();
  // Every test is a chance to fail, and the first that fails ends them: the sequence begins with
  // the boldest that even an unlucky half will pass.
  size_t first = 0;
  while (first + 1 < out.size() && out[first + 1].unlucky_bound() < max_drop) ++first;
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(first));
  return {.safest = std::move(safest), .tested = std::move(out)};
}

/// What few samples let one believe of a rule: it changes answers as often as they do not rule out,
/// and loses what was seen, drawn to nothing where that may well be luck. The number that few
/// samples give is thus rather too large; the rates seen would promise too much, since candidates
/// are taken for what they showed.
ChangeRates cautious_rates(const AnswerChanges& seen, double max_drop) {
  constexpr double kDoubt = 0.3;  // of 1: that answers change still more often
  const double changed = clopper_pearson_upper(seen.lost + seen.gained, seen.n, kDoubt);
  // Drops of the size of the promised one are taken to be usual.
  const double usual = max_drop * max_drop;
  const double noise = changed / static_cast<double>(seen.n);
  return {.changed = changed, .drop = std::max(0.0, seen.drop()) * usual / (usual + noise)};
}

/// A rough number: two digits of it, rounded up.
int64_t rounded_up(int64_t n) {
  constexpr int64_t kTwoDigits = 100;
  int64_t unit = 1;
  while (n / unit >= kTwoDigits) unit *= 10;
  return (n + unit - 1) / unit * unit;
}

/// How many certifying samples would let the safest candidate pass, most probably.
std::optional<int64_t> certifying_needed(const Candidate& safest, const RuleData& certify,
                                         const Promise& promise) {
  AnswerChanges seen = safest.changes;
  if (certify.n() > 0) {
    const AnswerChanges other = answer_changes(certify, safest.rule);
    seen.n += other.n;
    seen.lost += other.lost;
    seen.gained += other.gained;
  }
  // Nine times of ten luck is no worse, of the half that chooses and of the one that certifies.
  constexpr double kLuck = 1.28 * std::numbers::sqrt2;
  const double max_drop = promise.max_drop / 100;
  const auto needed =
      samples_needed(max_drop, promise.delta(), cautious_rates(seen, max_drop), kLuck);
  if (!needed) return std::nullopt;
  // Where as many as were seen should have done, they were unlucky: a few more would not tell.
  return rounded_up(std::max(*needed, certify.n() + certify.n() / 2 + 1));
}

/// Why nothing could be certified, with the number of samples that would do.
ErrorInfo explained(const Order& order, const RuleData& certify, const Promise& promise) {
  const std::string found = std::to_string(certify.n()) + " certifying samples";
  const std::optional<int64_t> needed =
      order.safest ? certifying_needed(*order.safest, certify, promise) : std::nullopt;
  if (!needed) {
    return refused("no policy that saves anything keeps the promise on the calibration samples",
                   promise, "a larger drop, or a lower confidence", found);
  }
  ErrorInfo out = refused("too few calibration samples for the promise", promise,
                          "about " + std::to_string(*needed) + " certifying samples, " +
                              std::to_string(2 * *needed) + " in all",
                          found);
  out.hint = "the number is rough, on the safe side where few samples were seen";
  return out;
}

}  // namespace

std::vector<ThresholdRule> drop_candidates(const RuleData& select) {
  // In right answers for each answer that changes: the bound grows with the root of their number.
  constexpr std::array<double, 3> kPenalties{0.1, 0.4, 1.6};
  constexpr size_t kMostEach = 24;
  std::vector<ThresholdRule> out;
  for (const double penalty : kPenalties) {
    const std::vector<FrontierPoint> points = lagrangian_frontier(select.penalised(penalty));
    // Evenly spaced members, the first and the last among them.
    const size_t kept = std::min(kMostEach, points.size());
    for (size_t i = 0; i < kept; ++i) {
      out.push_back(points[kept == 1 ? 0 : i * (points.size() - 1) / (kept - 1)].rule);
    }
  }
  return out;
}

std::string_view recheck_name(Recheck verdict) {
  constexpr std::array<std::string_view, 3> kNames{"kept", "open", "broken"};
  return kNames[static_cast<size_t>(verdict)];
}

Recheck recheck(const Promise& promise, const AnswerChanges& changes) {
  const double max_drop = promise.max_drop / 100;
  if (changes.n < 1) return Recheck::kOpen;
  if (rules_out_drop(changes, max_drop, promise.delta())) return Recheck::kKept;
  return drop_lower_bound(changes, promise.delta()) > max_drop ? Recheck::kBroken : Recheck::kOpen;
}

AnswerChanges answer_changes(const RuleData& data, const ThresholdRule& rule) {
  AnswerChanges out{.n = data.n()};
  const std::vector<int> taken = data.exits(rule);
  const int last = data.n_exits() - 1;
  for (int64_t i = 0; i < data.n(); ++i) {
    const bool here = data.correct(taken[static_cast<size_t>(i)], i);
    const bool there = data.correct(last, i);
    if (there && !here) ++out.lost;
    if (here && !there) ++out.gained;
  }
  return out;
}

Result<Certificate> certify(const RuleData& select, const RuleData& certify,
                            std::span<const ThresholdRule> candidates, const Promise& promise) {
  if (!(promise.max_drop > 0 && promise.max_drop < 100)) {
    return refused("a drop is out of range", promise, "above 0 % and below 100 %",
                   percent_text(promise.max_drop));
  }
  if (!(promise.confidence >= 50 && promise.confidence < 100)) {
    return refused("a confidence is out of range", promise, "50 % to below 100 %",
                   percent_text(promise.confidence));
  }
  const double max_drop = promise.max_drop / 100;
  const Order order = in_order(select, std::max<int64_t>(certify.n(), 1), candidates, max_drop);
  std::optional<Certificate> kept;
  for (const Candidate& candidate : order.tested) {
    const AnswerChanges changes = answer_changes(certify, candidate.rule);
    if (!rules_out_drop(changes, max_drop, promise.delta())) break;
    kept = Certificate{.promise = promise, .rule = candidate.rule, .changes = changes};
  }
  if (!kept) return explained(order, certify, promise);
  kept->bound = 100 * drop_upper_bound(kept->changes, promise.delta());
  kept->macs = certify.judge(kept->rule).cost;
  return std::move(*kept);
}

}  // namespace fovea
