#include "report/page.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "report/style.h"
#include "report/text.h"

namespace fovea::report {
namespace {

std::string figure_html(const Figure& figure) {
  // Sections have names of their own that may be the same word.
  return "<figure id=\"figure-" + escaped(figure.name) + "\"" +
         (figure.wide ? " class=\"wide\" tabindex=\"0\"" : "") + ">" + figure.svg + "<figcaption>" +
         figure.caption + "</figcaption></figure>\n";
}

std::string section_html(const Section& section) {
  std::string out = "<section id=\"" + section.id + "\">\n<h2>" + escaped(section.title) +
                    "</h2>\n" + section.lead;
  if (!section.figures.empty()) {
    out += "<div class=\"figures" + std::string(section.small_figures ? " small" : "") + "\">\n";
    for (const Figure& figure : section.figures) out += figure_html(figure);
    if (!section.beside.empty()) out += "<div class=\"beside\">" + section.beside + "</div>\n";
    out += "</div>\n";
  }
  return out + section.tail + "</section>\n";
}

Status make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0777) == 0 || errno == EEXIST) return {};
  return ErrorInfo{.kind = ErrorKind::kCannotWrite,
                   .what = std::string("cannot make the folder: ") + std::strerror(errno),
                   .where = shown_path(folder)};
}

}  // namespace

std::string html(const Page& page) {
  std::string out =
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
      escaped(page.title) + "</title>\n<style>\n" + drawing_style() + page_style() +
      "</style>\n</head>\n<body>\n<main>\n<h1>" + escaped(page.title) + "</h1>\n" + page.head +
      "<nav>";
  for (const Section& section : page.sections) {
    out += "<a href=\"#" + section.id + "\">" + escaped(section.title) + "</a>\n";
  }
  out += "</nav>\n";
  for (const Section& section : page.sections) out += section_html(section);
  return out + page.foot + "</main>\n</body>\n</html>\n";
}

Status write_files(const Page& page, std::string_view json, const std::string& folder,
                   Overwrite overwrite) {
  Status status = make_folder(folder);
  if (!status.ok()) return status;
  status = write_file(folder + "/report.json", std::string(json) + "\n", overwrite);
  for (const Section& section : page.sections) {
    for (const Figure& figure : section.figures) {
      if (!status.ok()) return status;
      const std::string stem = folder + "/" + figure.name;
      status = write_file(stem + ".svg", standing_alone(figure.svg), overwrite);
      if (status.ok() && !figure.csv.empty()) {
        status = write_file(stem + ".csv", figure.csv, overwrite);
      }
    }
  }
  return status;
}

std::string table(const std::vector<std::string>& heads,
                  const std::vector<std::vector<std::string>>& rows, size_t words) {
  // A keyboard scrolls what can be focused.
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>";
  for (size_t c = 0; c < heads.size(); ++c) {
    out +=
        (c < words ? "<th scope=\"col\" class=\"w\">" : "<th scope=\"col\">") + heads[c] + "</th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (size_t c = 0; c < row.size(); ++c) {
      out += (c < words ? "<td class=\"w\">" : "<td>") + row[c] + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

void Csv::add(const std::vector<std::string>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) text_ += ',';
    text_ += csv_field(fields[i]);
  }
  text_ += '\n';
}

}  // namespace fovea::report
