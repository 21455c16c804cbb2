#include "data/codecs/picture_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "data/core/scenes.h"

namespace fovea {

Result<std::string> class_list_line(int64_t i, int32_t label, const std::string& class_name) {
  if (class_name.find_first_of(",\r\n") != std::string::npos) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "a list cannot hold the name of this class",
                     .where = kClassListHeader.data(),
                     .expected = "a name without comma and line end",
                     .found = shown_path(class_name)};
  }
  return scene_file_name(i) + "," + std::to_string(label) + "," + class_name;
}

PictureFolder::~PictureFolder() {
  if (kept_ || overwrite_ == Overwrite::kAllow) return;
  for (int64_t i = 0; i < n_written_; ++i) ::unlink(picture_path(i).c_str());
  list_.reset();
  if (made_) ::rmdir(path_.c_str());
}

std::string PictureFolder::picture_path(int64_t i) const {
  return path_ + "/" + scene_file_name(i);
}

Status PictureFolder::start(std::string_view list_header) {
  std::error_code code;
  if (!std::filesystem::is_directory(path_, code)) {
    made_ = ::mkdir(path_.c_str(), 0777) == 0;
    if (!made_) {
      return ErrorInfo{.kind = ErrorKind::kCannotWrite,
                       .what = "cannot make the folder: " + std::generic_category().message(errno),
                       .where = shown_path(path_)};
    }
  }
  // The list is opened first, so that a folder that may not be overwritten is refused at once.
  Result<FileWriter> list = FileWriter::create(path_ + "/list.csv", overwrite_);
  if (!list.ok()) return list.error();
  list_.emplace(std::move(list).value());
  text_ = std::string(list_header) + "\n";
  return {};
}

Status PictureFolder::write_picture(std::string_view png) {
  const std::string path = picture_path(n_written_);
  Status writable = check_writable(path, overwrite_);
  if (!writable.ok()) return writable;
  // Not through a FileWriter: flushing every picture to the disk would take most of the time, and
  // a set without its list is unfinished anyway.
  std::FILE* file = std::fopen(path.c_str(), "wb");
  bool written = file != nullptr && std::fwrite(png.data(), 1, png.size(), file) == png.size();
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (written) {
    ++n_written_;
    return {};
  }
  const int code = errno;
  if (file != nullptr) ::unlink(path.c_str());
  return ErrorInfo{.kind = ErrorKind::kCannotWrite,
                   .what = "cannot write: " + std::generic_category().message(code),
                   .where = shown_path(path)};
}

Status PictureFolder::add(std::string_view png, std::string_view list_line) {
  text_ += std::string(list_line) + "\n";
  return write_picture(png);
}

Status PictureFolder::finish() {
  Status written = list_->write(text_);
  if (written.ok()) written = list_->commit();
  kept_ = written.ok();
  return written;
}

}  // namespace fovea
