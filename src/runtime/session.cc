#include "fovea/session.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "runtime/worker.h"

namespace fovea {
namespace runtime {
namespace {

/// Decision points that a policy or a trace touches, with storage for the trace.
std::vector<std::pair<std::string, DecisionPoint>> points_of(const Graph& graph,
                                                             const ResolvedPolicy& policy,
                                                             Trace* trace, int64_t n) {
  std::vector<std::pair<std::string, DecisionPoint>> out;
  const auto visit = [&](const auto& self, const Block& block) -> void {
    for (const Node& node : block.nodes) {
      for (const Block& body : node.bodies) self(self, body);
      if (node.outputs.empty() || !block.value(node.outputs[0]).type.decision) continue;
      DecisionPoint point;
      if (const auto at = policy.points.find(node.name); at != policy.points.end()) {
        point.threshold = at->second.threshold;
        point.force = at->second.force;
      }
      if (policy.replay) {
        const auto at = policy.replay->points.find(node.name);
        if (at != policy.replay->points.end()) point.replay = at->second.data<int64_t>();
      }
      if (trace != nullptr) {
        Tensor& tensor = trace->points[node.name];
        tensor = Tensor::i64({n});
        point.trace = tensor.data<int64_t>();
        std::fill(point.trace.begin(), point.trace.end(), -1);
      }
      out.emplace_back(node.name, point);
    }
  };
  visit(visit, graph.main());
  return out;
}

/// Gives `tensor` this type and shape; keeps its storage where nobody else holds it.
void shape_output(Tensor& tensor, DType dtype, const Shape& shape) {
  if (tensor.is_sole_owner() && tensor.dtype() == dtype && tensor.shape() == shape) return;
  tensor = Tensor(dtype, shape);
}

}  // namespace

/// Workers on threads of their own; the caller's thread is the first of them.
class SessionImpl {
 public:
  SessionImpl(const Plan& plan, const SessionOptions& options) : plan_(plan.impl()) {
    const int threads = std::max(1, options.threads);
    for (int t = 0; t < threads; ++t)
      workers_.push_back(std::make_unique<Worker>(plan_, options.profile));
    for (int t = 1; t < threads; ++t)
      threads_.emplace_back([this, t] { serve(static_cast<size_t>(t)); });
  }

  ~SessionImpl() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  Status run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) {
    RunShared shared;
    if (options.ledger != nullptr) {
      options.ledger->clear();
      shared.start = Worker::Clock::now();
    }
    const Graph& graph = plan_.graph();
    const Result<int64_t> n = batch_size(graph, inputs);
    if (!n.ok()) return n.error();
    ResolvedPolicy policy;
    if (options.policy != nullptr) {
      Result<ResolvedPolicy> resolved = resolve(*options.policy, graph, n.value());
      if (!resolved.ok()) return resolved.error();
      policy = std::move(resolved).value();
    } else {
      policy = every_exit(graph);
    }
    if (options.trace != nullptr) options.trace->points.clear();
    const auto points = points_of(graph, policy, options.trace, n.value());
    const auto schedule = plan_.schedule(policy.asked);
    shared.schedule = schedule.get();
    shared.policy = &policy;
    shared.options = &options;
    shared.inputs = &inputs;
    shared.points = &points;
    shared.outputs = &outputs;
    shared.all_exits = options.policy == nullptr;
    shared.n = n.value();
    // A callback is called from one thread, in a fixed order.
    const size_t active =
        options.on_exit ? 1 : std::min(workers_.size(), static_cast<size_t>(n.value()));
    shared.threads = static_cast<int>(active);
    shape_outputs(shared);
    if (options.ledger != nullptr) {
      options.ledger->samples.resize(static_cast<size_t>(shared.n));
      options.ledger->segment_ms.assign(static_cast<size_t>(shared.n) * schedule->segments.size(),
                                        0.0);
      shared.ledger = options.ledger;
    }
    run_workers(shared, active);
    if (options.ledger != nullptr) settle(shared, active);
    collect(outputs, active);
    if (options.trace != nullptr && options.policy != nullptr)
      options.trace->points["exit"] = outputs.exit.clone();
    return {};
  }

  std::vector<double> take_step_ms() {
    std::vector<double> sum(static_cast<size_t>(plan_.program().n_steps));
    for (const auto& worker : workers_) {
      for (size_t i = 0; i < worker->step_ms().size(); ++i)
        sum[i] += std::exchange(worker->step_ms()[i], 0.0);
    }
    return sum;
  }

 private:
  void shape_outputs(RunShared& shared) const {
    const Graph& graph = plan_.graph();
    Outputs& out = *shared.outputs;
    const Shape logits{shared.n, graph.n_classes()};
    out.exit_logits.resize(shared.all_exits ? static_cast<size_t>(graph.n_exits()) : 0);
    for (Tensor& tensor : out.exit_logits) shape_output(tensor, DType::kF32, logits);
    shape_output(out.macs, DType::kI64, {shared.n});
    if (shared.all_exits) {
      out.logits = out.exit = out.score = Tensor();
    } else {
      shape_output(out.logits, DType::kF32, logits);
      shape_output(out.exit, DType::kI64, {shared.n});
      shape_output(out.score, DType::kF32, {shared.n});
    }
    if (plan_.taps().empty()) {
      out.taps.clear();
      return;
    }
    out.taps.clear();
    for (size_t t = 0; t < plan_.taps().size(); ++t) {
      out.taps[plan_.tap_names()[t]] =
          Tensor::f32(graph.main().value(plan_.taps()[t]).type.shape.batched(shared.n));
    }
  }

  void run_workers(RunShared& shared, size_t active) {
    if (active == 1) {
      workers_[0]->run(shared);
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      shared_ = &shared;
      active_ = active;
      pending_ = active - 1;
      failure_ = nullptr;
      ++round_;
    }
    wake_.notify_all();
    std::exception_ptr own;
    try {
      workers_[0]->run(shared);
    } catch (...) {
      own = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return pending_ == 0; });
    if (own) std::rethrow_exception(own);
    if (failure_) std::rethrow_exception(failure_);
  }

  void serve(size_t index) {
    uint64_t seen = 0;
    while (true) {
      RunShared* shared = nullptr;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stop_ || (round_ != seen && index < active_); });
        if (stop_) return;
        seen = round_;
        shared = shared_;
      }
      std::exception_ptr failed;
      try {
        workers_[index]->run(*shared);
      } catch (...) {
        failed = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      if (failed) failure_ = failed;
      if (--pending_ == 0) done_.notify_one();
    }
  }

  /// Sums the threads' books. A thread waits from the beginning of the run until it has work
  /// (checks and the policy come first), and until the last one is done.
  void settle(const RunShared& shared, size_t active) const {
    const auto end = Worker::Clock::now();
    const auto ms = [](auto from, auto to) {
      return std::chrono::duration<double, std::milli>(to - from).count();
    };
    RunLedger& ledger = *shared.ledger;
    ledger.threads = static_cast<int>(active);
    ledger.wall_ms = ms(shared.start, end);
    for (size_t t = 0; t < active; ++t) {
      const Worker::Times& times = workers_[t]->thread_times();
      ledger.input_ms += times.input_ms;
      ledger.decision_ms += times.decision_ms;
      ledger.waiting_ms += ms(shared.start, times.begin) + ms(times.end, end);
    }
  }

  void collect(Outputs& outputs, size_t active) const {
    WorkReport& work = outputs.work;
    work.macs = work.launches = 0;
    work.body_cells.clear();
    work.segments = workers_[0]->segments();
    for (size_t t = 0; t < active; ++t) {
      const Worker& worker = *workers_[t];
      work.macs += worker.work().macs;
      work.launches += worker.work().launches;
      for (const auto& [body, cells] : worker.body_cells()) work.body_cells[body] += cells;
      for (size_t s = 0; t > 0 && s < work.segments.size(); ++s) {
        work.segments[s].samples += worker.segments()[s].samples;
        work.segments[s].ms += worker.segments()[s].ms;
      }
    }
  }

  const PlanImpl& plan_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  RunShared* shared_ = nullptr;
  size_t active_ = 0;
  size_t pending_ = 0;
  uint64_t round_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
};

}  // namespace runtime

Session::Session(std::shared_ptr<const Plan> plan, const SessionOptions& options)
    : plan_(std::move(plan)), impl_(std::make_unique<runtime::SessionImpl>(*plan_, options)) {}
Session::~Session() = default;

const Graph& Session::graph() const { return plan_->graph(); }

Status Session::run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) {
  return impl_->run(inputs, options, outputs);
}

std::vector<double> Session::take_step_ms() { return impl_->take_step_ms(); }

}  // namespace fovea
