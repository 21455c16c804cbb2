#include "report/style.h"

#include <cmath>

#include "fovea/error.h"

namespace fovea::report {
namespace {

constexpr int kExitColours = 9;

// s0…s5: hues that people with any colour vision tell apart (after Okabe and Ito), x0…x8: one ramp
// from a light to a dark blue-green, so that the order of exits is seen.
constexpr std::string_view kLight =
    "--page:#fbfbfa;--card:#ffffff;--ink:#1c2024;--soft:#5c6570;--rule:#dfe3e6;--grid:#eceff1;--"
    "shade:#00000038;"
    "--s0:#0067b1;--s1:#c8530a;--s2:#00795c;--s3:#9a3f82;--s4:#8a6d00;--s5:#5c6570;"
    "--good:#00795c;--bad:#c8530a;--onfill:#ffffff;"
    "--x0:#f0b83a;--x1:#dd9a34;--x2:#b98b4a;--x3:#7f9a63;--x4:#4a9a82;--x5:#2c8a93;--x6:#22749a;"
    "--x7:#235a94;--x8:#2a3f85;";
constexpr std::string_view kDark =
    "--page:#14171a;--card:#1b1f23;--ink:#e8eaed;--soft:#a3acb5;--rule:#353b41;--grid:#272c31;--"
    "shade:#000000b0;"
    "--s0:#5db2f2;--s1:#f59a52;--s2:#41c9a2;--s3:#dd8fc8;--s4:#dcbf4a;--s5:#a3acb5;"
    "--good:#41c9a2;--bad:#f59a52;--onfill:#101214;"
    "--x0:#ffd166;--x1:#f0b768;--x2:#d3b07c;--x3:#a5c08c;--x4:#6fc3aa;--x5:#4fb7c1;--x6:#4aa3d0;"
    "--x7:#5a8fdc;--x8:#7f88e6;";

std::string colour_classes() {
  std::string out;
  const auto add = [&out](const std::string& name) {
    out += ".f." + name + "{fill:var(--" + name + ")}.l." + name + "{stroke:var(--" + name + ")}";
  };
  for (int i = 0; i < 6; ++i) add("s" + std::to_string(i));
  for (int i = 0; i < kExitColours; ++i) add("x" + std::to_string(i));
  add("good");
  add("bad");
  return out +
         ".f.ink{fill:var(--ink)}.l.ink{stroke:var(--ink)}.f.quiet{fill:var(--rule)}.l.quiet{"
         "stroke:var(--soft)}";
}

/// The rules for drawings, colours by variables.
std::string drawing_rules() {
  return "svg text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;"
         "font-variant-numeric:tabular-nums}\n"
         ".t{fill:var(--soft)}.t.axis,.t.ink{fill:var(--ink)}.t.onfill{fill:var(--onfill)}"
         ".grid{stroke:var(--grid)}.rim{stroke:var(--soft)}"
         ".l{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}"
         ".l.thin{stroke-width:1.1}.l.dash{stroke-dasharray:4 4}.band{opacity:.16}"
         ".f{stroke:none}.f.part{stroke:var(--card);stroke-width:.7}\n" +
         colour_classes();
}

/// `rules` with each var(--NAME) replaced by the value that `scheme` ("--NAME:VALUE;…") gives it.
std::string with_values(std::string_view rules, std::string_view scheme) {
  constexpr std::string_view kOpen = "var(";
  std::string out;
  while (true) {
    const size_t at = rules.find(kOpen);
    out += rules.substr(0, at);
    if (at == std::string_view::npos) return out;
    const size_t end = rules.find(')', at);
    const std::string name(rules.substr(at + kOpen.size(), end - at - kOpen.size()));
    const size_t value = scheme.find(name + ":");
    FOVEA_CHECK(value != std::string_view::npos);
    const size_t from = value + name.size() + 1;
    out += scheme.substr(from, scheme.find(';', from) - from);
    rules.remove_prefix(end + 1);
  }
}

/// The rules with colours written out: many programs that show drawings know no variables.
std::string standing_alone_style() {
  const std::string rules = ".card{fill:var(--card)}" + drawing_rules();
  return with_values(rules, kLight) + "\n@media screen and (prefers-color-scheme:dark){" +
         with_values(rules, kDark) + "}\n";
}

/// The background of a box that scrolls sideways: shadows where its content goes on, which the
/// content's own edges cover. `behind` names the colour that the box lies on.
std::string shadows(const std::string& behind) {
  const std::string cover = ",var(--" + behind + ") 30%,transparent) ";
  const std::string shade = ",var(--shade),transparent) ";
  return "linear-gradient(to right" + cover +
         "left/36px 100% no-repeat local,linear-gradient(to left" + cover +
         "right/36px 100% no-repeat local,linear-gradient(to right" + shade +
         "left/14px 100% no-repeat scroll,linear-gradient(to left" + shade +
         "right/14px 100% no-repeat scroll var(--" + behind + ")";
}

}  // namespace

std::string exit_class(int exit, int n_exits) {
  if (n_exits < 2) return "x" + std::to_string(kExitColours - 1);
  const double share = static_cast<double>(exit) / (n_exits - 1);
  return "x" + std::to_string(std::lround(share * (kExitColours - 1)));
}

std::string drawing_style() {
  return ":root{color-scheme:light dark;" + std::string(kLight) +
         "}\n@media (prefers-color-scheme:dark){:root{" + std::string(kDark) +
         "}}\n@media print{:root{" + std::string(kLight) + "}}\n" + drawing_rules() + "\n";
}

std::string page_style() {
  return "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
         "body{margin:0;background:var(--page);color:var(--ink);line-height:1.5;font-size:15px;"
         "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
         "main{max-width:1180px;margin:0 auto;padding:20px 16px 60px}"
         "h1{font-size:26px;line-height:1.25;margin:10px 0 4px;overflow-wrap:anywhere}"
         "h2{font-size:19px;margin:44px 0 6px;padding-top:14px;border-top:1px solid var(--rule)}"
         "h3{font-size:15px;margin:18px 0 6px}p{margin:6px 0;max-width:76ch}"
         ".sub{max-width:none}.sub "
         "code{font-size:12px}a{color:var(--s0)}.sub,figcaption,.note{color:var(--soft);font-"
         "size:13px}\n"
         "nav{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px;margin:10px 0}"
         ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;"
         "margin:16px 0}"
         ".tile{background:var(--card);border:1px solid var(--rule);border-radius:8px;"
         "padding:10px 12px}.tile b{display:block;font-size:21px;line-height:1.25;"
         "font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:12.5px}\n"
         ".figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,470px),1fr))"
         ";"
         "gap:16px;margin:12px 0;align-items:start}"
         ".figures.small{grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}"
         "figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:8px;"
         "padding:12px;min-width:0;break-inside:avoid}figure svg{display:block;width:100%;"
         "max-width:500px;margin:0 auto;height:auto}figure.wide{grid-column:1/-1}"
         "figure.wide svg{max-width:none}.wrapped td{white-space:normal}.beside{padding:0 "
         "6px;min-width:0}.beside "
         "h3{margin-top:2px}figcaption{margin-top:8px;line-height:1.4}\n"
         ".scroll{overflow-x:auto;margin:10px 0;background:" +
         shadows("page") +
         "}"
         "table{border-collapse:collapse;font-size:13.5px;"
         "font-variant-numeric:tabular-nums}th,td{padding:4px 10px;text-align:right;"
         "border-bottom:1px solid var(--rule);white-space:nowrap}th{font-weight:600;"
         "color:var(--soft)}th.w,td.w{text-align:left}\n"
         ".shots{display:flex;flex-wrap:wrap;gap:8px;margin:4px 0 12px}.shot{width:86px;"
         "font-size:11.5px;line-height:1.3;color:var(--soft);overflow-wrap:anywhere}"
         ".shot img{display:block;width:86px;height:86px;object-fit:contain;"
         "image-rendering:pixelated;border-radius:5px;background:var(--grid);"
         "border:2px solid var(--good)}.shot.wrong img{border-color:var(--bad)}"
         ".shot b{color:var(--ink);font-weight:600}\n"
         "pre{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px;"
         "overflow-x:auto;font-size:12.5px;line-height:1.45}code{font-size:.93em;"
         "overflow-wrap:anywhere}details{margin:10px 0}summary{cursor:pointer}"
         ".key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}\n"
         "@media (max-width:520px){figure{padding:8px}th,td{padding:4px 6px}"
         "th,td.w{white-space:normal}td.w{min-width:9ch}.interval{display:block;font-size:11.5px}"
         "figure.wide svg{min-width:720px}figure.wide{overflow-x:auto;background:" +
         shadows("card") +
         "}}\n"
         "@media print{main{max-width:none;padding:0}nav{display:none}h2{break-after:avoid}}\n";
}

std::string standing_alone(std::string_view svg) {
  const size_t open = svg.find('>');
  // Without a size viewers show drawings as wide as their window; twice the drawn size is readable.
  const size_t box = svg.find("viewBox=\"0 0 ") + 13;
  const size_t blank = svg.find(' ', box);
  const size_t end = svg.find('"', blank);
  const auto twice = [](std::string_view number) {
    return std::to_string(std::lround(2 * std::stod(std::string(number))));
  };
  return std::string(svg.substr(0, open)) + " width=\"" + twice(svg.substr(box, blank - box)) +
         "\" height=\"" + twice(svg.substr(blank + 1, end - blank - 1)) + "\"><style>" +
         standing_alone_style() + "</style><rect class=\"card\" width=\"100%\" height=\"100%\"/>" +
         std::string(svg.substr(open + 1));
}

}  // namespace fovea::report
