// Collectives between threads of this process, normalisation over them, and lost peers.
#include "learner/collective.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/noise.h"
#include "learner/peers.h"
#include "learner/processes.h"
#include "learner/torch_tensor.h"
#include "ops/op_testing.h"

namespace fovea {
namespace {

using testing::HasSubstr;

constexpr CollectiveTimes kFast{.meet_s = 60, .beat_s = 0.05, .silence_s = 2};
/// Who ends is gone at once, as a killed process is.
constexpr CollectiveTimes kAbrupt{.meet_s = 60, .beat_s = 0.05, .silence_s = 2, .leave_s = 0};

/// Runs `body` in `n` threads that are connected as processes would be.
void together(int n, const std::function<void(std::unique_ptr<Collective>)>& body,
              const CollectiveTimes& times = kFast) {
  const uint16_t port = free_port();
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < n; ++rank) {
    threads.emplace_back([=, &body, &times] {
      body(connect({.launcher = "test", .rank = rank, .size = n, .port = port}, at::kCPU, times)
               .value());
    });
  }
}

TEST(Collective, SumsBroadcastsAndWaits) {
  together(3, [](const std::unique_ptr<Collective>& all) {
    EXPECT_EQ(all->size(), 3);
    at::Tensor sum = at::full({5}, all->rank() + 1, at::kFloat);
    all->all_reduce_sum(sum).value();
    EXPECT_TRUE(sum.equal(at::full({5}, 6, at::kFloat)));
    at::Tensor counts = at::full({2}, int64_t{1} << (20 * all->rank()), at::kLong);
    all->all_reduce_sum(counts).value();
    EXPECT_EQ(counts[1].item<int64_t>(), (int64_t{1} << 40) + (int64_t{1} << 20) + 1);
    at::Tensor bytes = at::full({3}, all->rank(), at::kByte);
    all->broadcast(bytes, 2).value();
    EXPECT_EQ(bytes[0].item<int64_t>(), 2);
    all->barrier().value();
  });
}

/// Rank 1 of n goes without a word; `check` sees what each of the others is told.
void lose_one(int n, const std::function<void(const Collective&, const ErrorInfo&)>& check) {
  together(
      n,
      [&check](const std::unique_ptr<Collective>& all) {
        all->barrier().value();
        if (all->rank() == 1) return;
        at::Tensor values = at::ones({1 << 16});
        Status status;
        while (status.ok()) status = all->all_reduce_sum(values);
        check(*all, status.error());
      },
      kAbrupt);
}

TEST(Collective, ALostOneEndsAllOthers) {
  lose_one(3, [](const Collective& all, const ErrorInfo& error) {
    EXPECT_EQ(error.kind, ErrorKind::kCheckFailed);
    EXPECT_THAT(error.what, HasSubstr("rank"));
    EXPECT_THAT(error.where, HasSubstr("rank " + std::to_string(all.rank())));
  });
}

TEST(Collective, TheLostOneOfTwoIsTheOther) {
  lose_one(2, [](const Collective&, const ErrorInfo& error) {
    EXPECT_THAT(error.what, HasSubstr("rank 1 of 2 gives no sign of life"));
  });
}

TEST(Collective, AFailureIsToldToWhoeverWaits) {
  together(2, [](const std::unique_ptr<Collective>& all) {
    if (all->rank() == 0) {
      all->tell_failure("the disk is full");
      return;
    }
    const Status status = all->barrier();
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().what, HasSubstr("rank 0 of 2 ended: the disk is full"));
  });
}

TEST(Collective, WhoComesAloneSaysSo) {
  const auto alone = connect({.launcher = "test", .rank = 0, .size = 2, .port = free_port()},
                             at::kCPU, {.meet_s = 5});
  ASSERT_FALSE(alone.ok());
  EXPECT_THAT(alone.error().message(),
              testing::AllOf(HasSubstr("expected 2 processes"), HasSubstr("found 1")));
}

/// A place among others that are not there.
class Place final : public Collective {
 public:
  Place(int rank, int size) : rank_(rank), size_(size) {}
  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  Status all_reduce_sum(at::Tensor& /*values*/) override { return {}; }
  Status broadcast(at::Tensor& /*values*/, int /*from*/) override { return {}; }
  Status barrier() override { return {}; }
  void tell_failure(std::string_view /*message*/) noexcept override {}

 private:
  int rank_;
  int size_;
};

TEST(Peers, PartsCoverABatchOnce) {
  for (const int64_t n : {1, 2, 7, 12}) {
    int64_t seen = 0;
    double shares = 0;
    for (int rank = 0; rank < 3; ++rank) {
      Place place(rank, 3);
      Peers peers(&place);
      const Peers::Part part = peers.part(n);
      ASSERT_GE(part.count, 1);
      EXPECT_EQ(peers.counts(), part.share > 0);
      shares += part.share;
      if (!peers.counts()) continue;
      EXPECT_EQ(part.begin, seen);
      seen += part.count;
    }
    EXPECT_EQ(seen, n);
    EXPECT_NEAR(shares, 1, 1e-12);
  }
}

TEST(Peers, WhoDoesNotCountAddsNothing) {
  together(2, [](const std::unique_ptr<Collective>& all) {
    Peers peers(all.get());
    const double share = peers.part(1).share;
    BatchReport report{.samples = 1,
                       .loss = 2 * share,
                       .loss_per_exit = {share, 3 * share},
                       .correct_per_exit = {1, 0}};
    at::Tensor gradients = at::full({2}, share, at::kFloat);
    const auto stop = all->rank() == 1 ? Peers::Stop::kYes : Peers::Stop::kNo;
    EXPECT_EQ(peers.sum_step(report, gradients, stop), Peers::Stop::kYes);
    EXPECT_EQ(report.samples, 1);
    EXPECT_EQ(report.loss, 2);
    EXPECT_EQ(report.loss_per_exit, (std::vector<double>{1, 3}));
    EXPECT_EQ(report.correct_per_exit, (std::vector<double>{1, 0}));
    EXPECT_EQ(gradients[0].item<float>(), 1);
  });
}

TEST(Peers, DifferentRecipesAreRefused) {
  together(2, [](const std::unique_ptr<Collective>& all) {
    Peers peers(all.get());
    peers.require_same("equal", "the recipe");
    if (all->rank() == 0) {
      peers.require_same("mine", "the recipe");
      return;
    }
    try {
      peers.require_same("another", "the recipe");
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.info().kind, ErrorKind::kUsage);
      EXPECT_THAT(error.what(), HasSubstr("the recipe differs between the processes (rank 1"));
    }
  });
}

at::Tensor noise(at::IntArrayRef sizes, uint64_t stream) {
  Tensor out = Tensor::f32(Shape(sizes.vec()));
  const Noise numbers(stream);
  for (int64_t i = 0; i < out.numel(); ++i) {
    out.f()[i] = static_cast<float>(3 + 2 * numbers.uniform(static_cast<uint64_t>(i)));
  }
  return to_torch(out);
}

/// One batch_norm in training: its result, and what backward from sum(out · out_grad) leaves.
struct Normalised {
  at::Tensor out;
  at::Tensor src_grad;
  at::Tensor weight_grad;
  at::Tensor bias_grad;
  at::Tensor running_mean;
  at::Tensor running_var;
};

Normalised normalise(at::Tensor src, const at::Tensor& out_grad, BatchPeers* peers) {
  const Graph graph = parse_op("batch_norm(a)", {Shape(src.sizes().vec()).per_sample()}).value();
  const NodeView view(graph.main().nodes[0], graph.main(), graph.params());
  const int64_t channels = src.size(1);
  src.requires_grad_(true);
  std::vector<at::Tensor> params{noise({channels}, 1).requires_grad_(true),
                                 noise({channels}, 2).requires_grad_(true), noise({channels}, 3),
                                 noise({channels}, 4), at::full({}, 0, at::kLong)};
  std::vector<at::Tensor> out(1);
  const std::vector<at::Tensor> in{src};
  TorchCall call{.node = view,
                 .in = in,
                 .params = params,
                 .out = out,
                 .n = src.size(0),
                 .phase = Phase::kTraining,
                 .peers = peers};
  find_torch_op("batch_norm")->run(call);
  out[0].mul(out_grad).sum().backward();
  return {out[0].detach(), src.grad(), params[0].grad(), params[1].grad(), params[2], params[3]};
}

class JointNorm : public testing::TestWithParam<std::vector<int64_t>> {};

// Parts of 3 and 5 samples, and one process that only keeps in step.
TEST_P(JointNorm, EqualsTheNormalisationOfTheWholeBatch) {
  std::vector<int64_t> sizes = GetParam();
  sizes.insert(sizes.begin(), 8);
  const at::Tensor src = noise(sizes, 10);
  const at::Tensor grad = noise(sizes, 11).sub(4);
  const Normalised whole = normalise(src.clone(), grad, nullptr);
  at::Tensor weight_grads[3];
  at::Tensor bias_grads[3];
  together(3, [&](const std::unique_ptr<Collective>& all) {
    const int rank = all->rank();
    Peers peers(all.get());
    // part() of a batch of two leaves the third process without a sample of its own.
    (void)peers.part(2);
    const int64_t begin = rank == 1 ? 3 : 0;
    const int64_t count = rank == 1 ? 5 : 3;
    ASSERT_EQ(peers.counts(), rank != 2);
    const at::Tensor part_grad = grad.narrow(0, begin, count);
    const Normalised part = normalise(src.narrow(0, begin, count).clone(), part_grad, &peers);
    EXPECT_TRUE(part.running_mean.allclose(whole.running_mean, 1e-6, 1e-6));
    EXPECT_TRUE(part.running_var.allclose(whole.running_var, 1e-6, 1e-6));
    EXPECT_TRUE(part.out.allclose(whole.out.narrow(0, begin, count), 1e-6, 1e-5));
    if (peers.counts()) {
      EXPECT_TRUE(part.src_grad.allclose(whole.src_grad.narrow(0, begin, count), 1e-5, 1e-5));
    } else {
      EXPECT_EQ(part.src_grad.abs().max().item<float>(), 0);
    }
    weight_grads[rank] = part.weight_grad;
    bias_grads[rank] = part.bias_grad;
  });
  const at::Tensor weight_grad = weight_grads[0].add(weight_grads[1]).add(weight_grads[2]);
  const at::Tensor bias_grad = bias_grads[0].add(bias_grads[1]).add(bias_grads[2]);
  EXPECT_TRUE(weight_grad.allclose(whole.weight_grad, 1e-5, 1e-4));
  EXPECT_TRUE(bias_grad.allclose(whole.bias_grad, 1e-5, 1e-4));
}
INSTANTIATE_TEST_SUITE_P(Shapes, JointNorm,
                         testing::Values(std::vector<int64_t>{4, 5, 3}, std::vector<int64_t>{6}));

}  // namespace
}  // namespace fovea
