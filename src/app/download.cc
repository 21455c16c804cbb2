#include "app/download.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include "app/interrupt.h"
#include "base/file.h"
#include "base/sha256.h"
#include "data/codecs/archive.h"
#include "fovea/error.h"

namespace fovea::app {
namespace {

namespace fs = std::filesystem;

// Addresses by https://www.cs.toronto.edu/~kriz/cifar.html; digests of the archives there.
const std::array<PublishedData, 4> kPublished{
    PublishedData{"cifar10", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                  "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
    PublishedData{"cifar100", "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                  "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"},
    PublishedData{"cifar10-python", "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                  "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"},
    PublishedData{"cifar100-python", "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
                  "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"}};

constexpr int kNoSuchProgram = 127;
constexpr int kInterruptWaitMs = 100;

/// Runs another program and gives its exit code and what it printed, errors included. An interrupt
/// ends the other program, too.
struct Finished {
  int code = 0;
  std::string output;
};
Finished run_program(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {.code = kNoSuchProgram, .output = {}};
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execvp(pointers.front(), pointers.data());
    ::_exit(kNoSuchProgram);
  }
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return {.code = kNoSuchProgram, .output = {}};
  }
  Finished out;
  std::array<char, 4096> buffer{};
  while (true) {
    if (InterruptGuard::requested()) {
      ::kill(child, SIGTERM);
      break;
    }
    pollfd readable{.fd = ends[0], .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, kInterruptWaitMs) <= 0) continue;
    const ssize_t n = ::read(ends[0], buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.output.append(buffer.data(), static_cast<size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  return out;
}

/// A folder beside the wanted one that is gone when this object is, unless it was renamed.
class FolderBeside {
 public:
  explicit FolderBeside(const std::string& folder) : path_(folder + ".part-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw Error({.kind = ErrorKind::kCannotWrite,
                   .what = std::string("cannot make a folder: ") + std::strerror(errno),
                   .where = shown_path(folder)});
    }
    ::chmod(path_.c_str(), 0755);
  }
  FolderBeside(const FolderBeside&) = delete;
  FolderBeside& operator=(const FolderBeside&) = delete;
  ~FolderBeside() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Takes the place of a folder, which is put aside until that has succeeded.
  void become(const std::string& folder) {
    const std::string aside = path_ + ".old";
    std::error_code code;
    const bool was_there = ::rename(folder.c_str(), aside.c_str()) == 0;
    if (!was_there && errno != ENOENT)
      cannot_rename(folder, std::generic_category().message(errno));
    fs::rename(path_, folder, code);
    if (code) {
      if (was_there) ::rename(aside.c_str(), folder.c_str());
      cannot_rename(folder, code.message());
    }
    path_.clear();
    fs::remove_all(aside, code);
  }

 private:
  [[noreturn]] static void cannot_rename(const std::string& folder, const std::string& why) {
    throw Error({.kind = ErrorKind::kCannotWrite,
                 .what = "cannot rename: " + why,
                 .where = shown_path(folder)});
  }
  std::string path_;
};

std::string first_line(const std::string& text) {
  constexpr size_t kMost = 200;
  return shown_path(text.substr(0, std::min(text.find('\n'), kMost)));
}

void fetch(const PublishedData& data, const std::string& file) {
  const std::string& url = data.url;
  Finished got = run_program(
      {"curl", "--fail", "--location", "--silent", "--show-error", "--output", file, "--", url});
  if (got.code == kNoSuchProgram) {
    got = run_program({"wget", "--no-verbose", "--output-document=" + file, "--", url});
  }
  InterruptGuard::check();
  if (got.code == 0) return;
  if (got.code == kNoSuchProgram) {
    throw Error({.kind = ErrorKind::kNotInBuild,
                 .what = "there is no program that downloads",
                 .where = "fovea data get",
                 .expected = "curl or wget",
                 .hint = "install curl, or fetch " + url + " elsewhere and give it by --archive"});
  }
  throw Error({.kind = ErrorKind::kBadInput,
               .what = "the archive cannot be downloaded",
               .where = url,
               .found = first_line(got.output),
               .hint = "fetch it on a machine with a network and give it by --archive"});
}

void check_digest(const PublishedData& data, const std::string& file) {
  const std::string found = sha256_of_file(file).value();
  if (found == data.sha256) return;
  throw Error({.kind = ErrorKind::kBadInput,
               .what = "the archive is not the published one",
               .where = shown_path(file),
               .expected = "SHA-256 " + data.sha256,
               .found = found});
}

/// The folder that all paths begin with, with its slash; empty where there is none.
std::string common_folder(const std::vector<std::string>& paths) {
  const std::string& first = paths.front();
  const std::string folder = first.substr(0, first.find('/') + 1);
  const bool all = std::all_of(paths.begin(), paths.end(),
                               [&](const std::string& path) { return path.starts_with(folder); });
  return all ? folder : std::string();
}

/// Refuses to replace a folder that holds anything but files of the archive: somebody else put it
/// there.
void check_replaceable(const std::string& folder, const std::set<std::string>& files) {
  std::error_code code;
  for (fs::recursive_directory_iterator it(folder, code), end; !code && it != end;
       it.increment(code)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) continue;
    const std::string name = it->path().lexically_relative(folder).string();
    if (files.contains(name)) continue;
    throw Error({.kind = ErrorKind::kCannotWrite,
                 .what = "the folder holds a file that is not of this archive",
                 .where = shown_path(folder),
                 .expected = "a folder that 'fovea data get' filled",
                 .found = shown_path(name),
                 .hint = "give another folder, or move this one away"});
  }
  if (!code) return;
  throw Error({.kind = ErrorKind::kCannotWrite,
               .what = "cannot read the folder that is to be replaced: " + code.message(),
               .where = shown_path(folder)});
}

/// The files of an archive.
struct Content {
  std::set<std::string> files;  ///< by the paths that they get
  size_t n_left_out = 0;        ///< bytes of the folder that all of them lie in
};

Content content_of(const std::string& archive) {
  std::vector<std::string> paths;
  const auto lists = [&](std::string_view path) {
    paths.emplace_back(path);
    return false;
  };
  (void)read_archive(archive, lists, {}).value();
  if (paths.empty()) {
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "the archive holds no file",
                 .where = shown_path(archive)});
  }
  Content content{.n_left_out = common_folder(paths).size()};
  for (const std::string& path : paths) content.files.insert(path.substr(content.n_left_out));
  return content;
}

void unpack(const std::string& archive, const Content& content, const std::string& folder) {
  std::optional<ErrorInfo> failed;
  const auto takes = [&](std::string_view path, std::string_view bytes) {
    const fs::path file = fs::path(folder) / path.substr(content.n_left_out);
    std::error_code code;
    fs::create_directories(file.parent_path(), code);
    const Status written = write_file(file.string(), bytes, Overwrite::kAllow);
    if (!written.ok() && !failed) failed = written.error();
  };
  const Result<ArchiveSummary> read = read_archive(
      archive, [&](std::string_view) { return !failed && !InterruptGuard::requested(); }, takes);
  InterruptGuard::check();
  if (!read.ok()) throw Error(read.error());
  if (failed) throw Error(*failed);
}

}  // namespace

std::span<const PublishedData> published_data() { return kPublished; }

void get_data(const PublishedData& data, const std::string& archive, const std::string& folder,
              Overwrite overwrite, const Console& console) {
  std::error_code code;
  if (fs::exists(folder, code) && overwrite == Overwrite::kRefuse) {
    throw Error({.kind = ErrorKind::kCannotWrite,
                 .what = "the folder exists",
                 .where = shown_path(folder),
                 .hint = "give --force to replace it"});
  }
  const bool replaces = fs::exists(folder, code);
  if (replaces && !fs::is_directory(folder, code)) {
    throw Error({.kind = ErrorKind::kCannotWrite,
                 .what = "a file is where the folder is to be",
                 .where = shown_path(folder)});
  }
  const InterruptGuard guard;
  const fs::path parent = fs::path(folder).parent_path();
  if (!parent.empty()) fs::create_directories(parent, code);
  FolderBeside beside(folder);
  std::string file = archive;
  if (file.empty()) {
    file = beside.path() + "/archive";
    console.note("downloading " + data.url);
    fetch(data, file);
  }
  check_digest(data, file);
  const Content content = content_of(file);
  if (replaces) check_replaceable(folder, content.files);
  unpack(file, content, beside.path());
  if (archive.empty()) fs::remove(file, code);
  beside.become(folder);
}

}  // namespace fovea::app
