// Writing a data set as a folder: numbered PNG files and a list.csv that says what they show.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "data/core/picture.h"
#include "fovea/error.h"

namespace fovea {

/// Columns of a list that says no more than the class of each picture.
inline constexpr std::string_view kClassListHeader = "file,label,class";
/// One line of such a list, without its end. Errors (kUsage): a class whose name a list cannot
/// hold.
[[nodiscard]] Result<std::string> class_list_line(int64_t i, int32_t label,
                                                  const std::string& class_name);

/// DIR/000000.png … and DIR/list.csv, which appears when all is written. Where finish() is not
/// reached, what was written is removed again, unless overwriting was allowed. Errors are
/// kCannotWrite. One thread at a time.
class PictureFolder {
 public:
  PictureFolder(std::string path, Overwrite overwrite)
      : path_(std::move(path)), overwrite_(overwrite) {}
  PictureFolder(const PictureFolder&) = delete;
  PictureFolder& operator=(const PictureFolder&) = delete;
  ~PictureFolder();

  /// Makes the folder where only its last part is missing. Under kRefuse a folder with a list.csv
  /// is refused.
  [[nodiscard]] Status start(std::string_view list_header);
  /// The next picture as an encoded PNG, and its line of the list without its end.
  [[nodiscard]] Status add(std::string_view png, std::string_view list_line);
  [[nodiscard]] Status finish();

 private:
  [[nodiscard]] std::string picture_path(int64_t i) const;
  [[nodiscard]] Status write_picture(std::string_view png);

  std::string path_;
  Overwrite overwrite_;
  std::optional<FileWriter> list_;
  std::string text_;
  int64_t n_written_ = 0;
  bool made_ = false;
  bool kept_ = false;
};

}  // namespace fovea
