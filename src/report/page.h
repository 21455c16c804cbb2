// A report: sections of figures and tables, as one HTML page or as files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fovea/error.h"
#include "fovea/overwrite.h"

namespace fovea::report {

/// One drawing with what it shows in words and in numbers.
struct Figure {
  std::string name;     ///< of its files: "accuracy-macs"
  std::string svg;      ///< from one of the draw() functions
  std::string caption;  ///< HTML
  std::string csv;      ///< the drawn numbers; may be empty
  bool wide = false;    ///< over the whole page
};

struct Section {
  std::string id;
  std::string title;
  std::string lead;  ///< HTML before the figures
  std::vector<Figure> figures;
  bool small_figures = false;
  std::string beside;  ///< HTML in the place of one more figure
  std::string tail;    ///< HTML behind the figures
};

struct Page {
  std::string title;
  std::string head;  ///< HTML under the title
  std::vector<Section> sections;
  std::string foot;  ///< HTML at the end
};

/// One self-contained page, well-formed as XML as well; nothing in it asks the network.
[[nodiscard]] std::string html(const Page& page);

/// FOLDER/NAME.svg and NAME.csv of every figure, and FOLDER/report.json. The folder is made where
/// its parent exists. Errors: kCannotWrite.
[[nodiscard]] Status write_files(const Page& page, std::string_view json, const std::string& folder,
                                 Overwrite overwrite);

/// A table: the first `words` columns hold words, the rest numbers. Cells are HTML.
[[nodiscard]] std::string table(const std::vector<std::string>& heads,
                                const std::vector<std::vector<std::string>>& rows,
                                size_t words = 1);

/// Numbers drawn, one line each.
class Csv {
 public:
  explicit Csv(const std::vector<std::string>& heads) { add(heads); }
  void add(const std::vector<std::string>& fields);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace fovea::report
