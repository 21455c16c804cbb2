// The numbers of a report for programs.
#include "eval/report_json.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/words.h"
#include "eval/interval.h"
#include "eval/robust_json.h"
#include "report/sections.h"

namespace fovea::report {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const std::string& bytes) { return is_utf8(bytes) ? bytes : shown_path(bytes); }

Json json_of(const PolicyPoint& point) {
  const Interval share = wilson(point.correct, point.n);
  return {{"name", text_of(point.name)},
          {"policy", Json::parse(policy_to_json(point.policy))},
          {"n", point.n},
          {"top1", point.top1()},
          {"top1_low", 100 * share.low},
          {"top1_high", 100 * share.high},
          {"macs", point.macs},
          {"ms", point.ms ? Json(*point.ms) : Json()},
          {"rounds_ms", point.rounds_ms},
          {"counts", point.counts}};
}

Json json_of(const std::vector<PolicyPoint>& points) {
  Json out = Json::array();
  for (const PolicyPoint& point : points) out.push_back(json_of(point));
  return out;
}

/// What is no policy that could be run.
Json references_json(const std::vector<PolicyPoint>& points) {
  Json out = Json::array();
  for (const PolicyPoint& point : points) {
    out.push_back({{"name", text_of(point.name)},
                   {"macs", point.macs},
                   {"top1", point.top1()},
                   {"counts", point.counts}});
  }
  return out;
}

Json json_of(const DataFacts& data) {
  Json exits = Json::array();
  for (const ExitFacts& exit : data.exits) {
    const auto or_null = [](const std::optional<double>& v) { return v ? Json(*v) : Json(); };
    exits.push_back({{"top1", or_null(exit.accuracy.top1_percent())},
                     {"top5", or_null(exit.accuracy.top5_percent())},
                     {"macs", exit.cost.macs},
                     {"ece", exit.reliability.ece},
                     {"n_reached", exit.reached.n},
                     {"ece_reached", exit.reached.n > 0 ? Json(exit.reached.ece) : Json()}});
  }
  return {{"name", text_of(data.name)},
          {"extent", text_of(data.extent)},
          {"remarks", text_of(data.remarks)},
          {"n", data.scores.n()},
          {"n_timed", data.n_timed},
          {"exits", exits},
          {"fixed", json_of(data.fixed)},
          {"thresholds", json_of(data.thresholds)},
          {"official", json_of(data.official)},
          {"official_cross_fit", data.official_cross_fit},
          {"stored", json_of(data.stored)},
          {"oracle", references_json(data.oracle)},
          {"random", references_json(data.random)},
          {"chosen", json_of(data.chosen)},
          {"shift", data.shift ? Json::parse(shift_json(*data.shift)) : Json()},
          {"ledger",
           {{"adaptive", Json::parse(ledger_json(data.adaptive_ledger))},
            {"last_exit", Json::parse(ledger_json(data.full_ledger))}}}};
}

Json json_of(const ModelFacts& model) {
  return {{"name", model.name},
          {"source", text_of(model.source)},
          {"params", model.n_params},
          {"data", model.data ? json_of(*model.data) : Json()}};
}

}  // namespace

std::string report_json(const Subject& subject) {
  const SetupFacts& setup = subject.setup;
  const Json out{{"model", json_of(subject.model)},
                 {"compare", subject.other ? json_of(*subject.other) : Json()},
                 {"setup",
                  {{"command", text_of(setup.command)},
                   {"date", setup.date},
                   {"version", setup.version},
                   {"machine", setup.machine},
                   {"kernels", setup.kernels},
                   {"executor", setup.executor},
                   {"threads", setup.threads},
                   {"batch", setup.batch}}}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fovea::report
