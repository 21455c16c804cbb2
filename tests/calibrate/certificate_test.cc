#include "calibrate/certificate.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "calibrate/frontier.h"
#include "calibrate/record.h"
#include "recorded.h"

namespace fovea {
namespace {

using testing::HasSubstr;

/// A population and how it is cut: the halves of the recorded set.
struct Population {
  ExitTable table;
  std::vector<int64_t> labels;
  AskedCost cost = trunk_and_heads;

  [[nodiscard]] RuleData rows(std::span<const int64_t> samples) const {
    return {rows_of(table, samples), rows_of(labels, samples), cost};
  }
  [[nodiscard]] RuleData all() const { return {table, labels, cost}; }
};

/// Scores of a calibrated model where FOVEA_CALIBRATED names one, else made-up ones.
Population population() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): read before any thread starts
  if (const char* path = std::getenv("FOVEA_CALIBRATED")) {
    static const Model model = load_model(path).value();
    CalibrationRecord record = stored_calibration(model, path).value();
    return {std::move(record.table), std::move(record.labels), macs_of(model.graph)};
  }
  Recorded samples = recorded(3, 10000, 99);
  return {std::move(samples.table), std::move(samples.labels)};
}

/// Samples 0..n-1 in a drawn order.
std::vector<int64_t> shuffled(int64_t n, const Noise& noise) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < n; ++i) out.push_back(i);
  NoiseCursor cursor(noise);
  for (size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[cursor.below(i)]);
  return out;
}

std::vector<int64_t> drawn(int64_t n, int64_t from, const Noise& noise) {
  NoiseCursor cursor(noise);
  std::vector<int64_t> out;
  for (int64_t i = 0; i < n; ++i) {
    out.push_back(static_cast<int64_t>(cursor.below(static_cast<uint64_t>(from))));
  }
  return out;
}

TEST(AnswerChanges, CountsAgainstTheLastExit) {
  ExitTable table{.n_exits = 2,
                  .n = 4,
                  .confidence = {0.9F, 0.9F, 0.9F, 0.1F, 0, 0, 0, 0},
                  .answer = {1, 0, 0, 1, 0, 1, 0, 0}};
  const RuleData data(std::move(table), {0, 0, 0, 0}, trunk_and_heads);
  const AnswerChanges changes = answer_changes(data, {.thresholds = {0.5F, {}}, .last = 1});
  EXPECT_EQ(changes.n, 4);
  EXPECT_EQ(changes.lost, 1);
  EXPECT_EQ(changes.gained, 1);
}

TEST(Certificate, SavesAndSaysOnWhatItRests) {
  const Population all = population();
  const auto order = shuffled(all.table.n, Noise(1, "order"));
  const auto half = std::span(order).subspan(0, order.size() / 2);
  const RuleData select = all.rows(half);
  const RuleData other = all.rows(std::span(order).subspan(order.size() / 2));
  const auto candidates = drop_candidates(select);
  const auto found = certify(select, other, candidates, {.max_drop = 1, .confidence = 95});
  ASSERT_TRUE(found.ok()) << found.error().message();
  const Certificate& certificate = found.value();
  EXPECT_LE(certificate.bound, 1);
  EXPECT_GT(certificate.bound, 100 * certificate.changes.drop());
  EXPECT_EQ(certificate.changes.n, other.n());
  const int last = select.n_exits() - 1;
  EXPECT_LT(certificate.macs, 0.9 * other.judge(ThresholdRule::only(last, last + 1)).cost);
  const AnswerChanges again = answer_changes(other, certificate.rule);
  EXPECT_EQ(again.lost, certificate.changes.lost);
  EXPECT_EQ(again.gained, certificate.changes.gained);
}

/// The whole procedure, 1,000 times: halves are drawn, the candidates come from one and the promise
/// is certified on the other; the truth is the whole recorded set.
class Simulated : public testing::TestWithParam<Promise> {};
TEST_P(Simulated, PromisesAreBrokenNoMoreOftenThanPromised) {
  const Promise promise = GetParam();
  const Population all = population();
  const RuleData truth = all.all();
  constexpr int kDraws = 1000;
  constexpr int kSelections = 20;
  const Noise noise(5, "certificate");
  const int64_t half = all.table.n / 2;
  const int last = truth.n_exits() - 1;
  const double dearest = truth.judge(ThresholdRule::only(last, last + 1)).cost;
  int broken = 0;
  int given = 0;
  double drop = 0;
  double cost = 0;
  for (int selection = 0; selection < kSelections; ++selection) {
    // Candidates are searched for in a few halves, each certified on many fresh draws with
    // replacement: independent samples of the very population that is the truth.
    const auto order = shuffled(all.table.n, noise.fork(static_cast<uint64_t>(selection)));
    const auto chosen = std::span(order).subspan(0, static_cast<size_t>(half));
    const RuleData select = all.rows(chosen);
    const auto candidates = drop_candidates(select);
    for (int draw = selection; draw < kDraws; draw += kSelections) {
      const auto samples =
          drawn(half, all.table.n, noise.fork(1000000 + static_cast<uint64_t>(draw)));
      const auto found = certify(select, all.rows(samples), candidates, promise);
      if (!found.ok()) continue;
      ++given;
      const double true_drop = 100 * answer_changes(truth, found.value().rule).drop();
      drop += true_drop;
      cost += truth.judge(found.value().rule).cost;
      if (true_drop > promise.max_drop) ++broken;
    }
  }
  const double delta = promise.delta();
  // Three standard deviations of a count that is broken exactly as often as promised.
  EXPECT_LE(broken, kDraws * delta + 3 * std::sqrt(kDraws * delta * (1 - delta)));
  if (promise.max_drop >= 1) {
    EXPECT_GT(given, kDraws * 8 / 10) << "a certificate that is hardly ever given says nothing";
  }
  // Promised is a rate of draws. Of the certificates given more may be broken, as few are given.
  std::printf(
      "drop %g, confidence %g: %d certificates of %d draws, %d broken: %.2f %% of draws, %.2f %% "
      "of "
      "certificates; mean cost %.1f %% of the last exit's, mean true drop %.2f points\n",
      promise.max_drop, promise.confidence, given, kDraws, broken, 100.0 * broken / kDraws,
      given == 0 ? 0.0 : 100.0 * broken / given, given == 0 ? 0.0 : 100 * cost / given / dearest,
      given == 0 ? 0.0 : drop / given);
}
INSTANTIATE_TEST_SUITE_P(Certificate, Simulated,
                         testing::Values(Promise{1, 95}, Promise{1, 90}, Promise{0.5, 90},
                                         Promise{0.25, 80}));

/// A fixed rule whose true drop is just above the promise must hardly ever pass.
TEST(Certificate, ARuleThatBreaksThePromisePassesNoMoreOftenThanPromised) {
  const Population all = population();
  const RuleData truth = all.all();
  const auto candidates = drop_candidates(all.all());
  const Noise noise(6, "fixed");
  int tried = 0;
  for (const ThresholdRule& rule : candidates) {
    const double drop = answer_changes(truth, rule).drop();
    if (drop < 0.004 || drop > 0.05 || ++tried > 4) continue;
    constexpr int kDraws = 1000;
    constexpr double kDelta = 0.05;
    int passed = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      const auto samples = drawn(2500, all.table.n, noise.fork(static_cast<uint64_t>(draw)));
      // The truth itself is asked for: every pass is a broken promise.
      if (rules_out_drop(answer_changes(all.rows(samples), rule), drop, kDelta)) ++passed;
    }
    EXPECT_LE(passed, kDraws * kDelta + 3 * std::sqrt(kDraws * kDelta * (1 - kDelta)))
        << 100 * drop;
  }
  EXPECT_GT(tried, 0);
}

TEST(Certificate, TooFewSamplesSaysHowManyAreNeeded) {
  const Recorded samples = recorded(3, 400, 3);
  const Population all{samples.table, samples.labels};
  const auto order = shuffled(400, Noise(2, "order"));
  const auto half = std::span(order).subspan(0, 200);
  const RuleData select = all.rows(half);
  const auto refused = certify(select, all.rows(std::span(order).subspan(200)),
                               drop_candidates(select), {.max_drop = 0.5, .confidence = 99});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(refused.error().message(), HasSubstr("too few calibration samples"));
  EXPECT_THAT(refused.error().message(), HasSubstr("certifying samples"));
  EXPECT_THAT(refused.error().message(), HasSubstr("found 200"));
}

/// Both halves drawn anew, `n` samples each.
Result<Certificate> certified(const Population& all, int64_t n, const Noise& noise) {
  const RuleData select = all.rows(drawn(n, all.table.n, noise.fork(1)));
  const RuleData other = all.rows(drawn(n, all.table.n, noise.fork(2)));
  return certify(select, other, drop_candidates(select), {.max_drop = 3, .confidence = 95});
}

/// The number that a refusal names, nothing where it names none.
std::optional<int64_t> number_in(const ErrorInfo& refusal) {
  constexpr std::string_view kBefore = "about ";
  if (!refusal.expected.starts_with(kBefore)) return std::nullopt;
  return std::strtoll(refusal.expected.c_str() + kBefore.size(), nullptr, 10);
}

/// Who brings as many samples as a refusal asks for is not sent away again, as a rule.
class Obeyed : public testing::TestWithParam<int64_t> {};
TEST_P(Obeyed, TheNumberThatARefusalNamesUsuallySuffices) {
  const Recorded samples = recorded(3, 10000, 99);
  const Population all{samples.table, samples.labels};
  constexpr int kDraws = 40;
  int named = 0;
  int sufficed = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Noise noise = Noise(7, "obeyed").fork(static_cast<uint64_t>(draw));
    const Result<Certificate> first = certified(all, GetParam(), noise.fork(1));
    if (first.ok()) continue;
    const std::optional<int64_t> number = number_in(first.error());
    if (!number) continue;
    ++named;
    EXPECT_GT(*number, GetParam());
    if (certified(all, *number, noise.fork(2)).ok()) ++sufficed;
  }
  EXPECT_GE(named, 5);
  EXPECT_GE(sufficed, 0.7 * named) << named;
}
INSTANTIATE_TEST_SUITE_P(Certificate, Obeyed, testing::Values(10, 30, 100));

TEST(Certificate, RefusesPromisesOutOfRange) {
  const Recorded samples = recorded(2, 40, 3);
  const RuleData data(samples.table, samples.labels, trunk_and_heads);
  for (const Promise& promise : {Promise{0, 95}, Promise{-1, 95}, Promise{100, 95}, Promise{1, 100},
                                 Promise{1, 20}, Promise{NAN, 95}, Promise{1, NAN}}) {
    const auto refused = certify(data, data, {}, promise);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message(), HasSubstr("out of range"));
  }
}

TEST(Recheck, KeptOpenOrBroken) {
  const Promise promise{.max_drop = 1, .confidence = 95};
  EXPECT_EQ(recheck(promise, {.n = 5000, .lost = 20, .gained = 20}), Recheck::kKept);
  EXPECT_EQ(recheck(promise, {.n = 100, .lost = 1}), Recheck::kOpen);
  EXPECT_EQ(recheck(promise, {.n = 5000, .lost = 300, .gained = 20}), Recheck::kBroken);
  EXPECT_EQ(recheck(promise, {}), Recheck::kOpen);
}

}  // namespace
}  // namespace fovea
