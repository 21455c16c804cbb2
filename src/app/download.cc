#include "app/download.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "app/interrupt.h"
#include "base/file.h"
#include "data/codecs/archive.h"
#include "fovea/error.h"

namespace fovea::app {
namespace {

namespace fs = std::filesystem;

// https://www.cs.toronto.edu/~kriz/cifar.html names both digests.
constexpr std::array<PublishedData, 2> kPublished{
    PublishedData{"cifar10", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                  "c32a1d4ab5d03f1284b67883e8d13530"},
    PublishedData{"cifar100", "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                  "03b5dce01913d631647c71ecec9e9cb8"}};

constexpr int kNoSuchProgram = 127;

/// Runs another program and gives its exit code and standard output.
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
    ::close(ends[0]);
    ::close(ends[1]);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execvp(pointers.front(), pointers.data());
    ::_exit(kNoSuchProgram);
  }
  ::close(ends[1]);
  Finished out;
  std::array<char, 4096> buffer{};
  while (true) {
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
  void become(const std::string& folder) {
    std::error_code code;
    fs::remove_all(folder, code);
    fs::rename(path_, folder, code);
    if (code) {
      throw Error({.kind = ErrorKind::kCannotWrite,
                   .what = "cannot rename: " + code.message(),
                   .where = shown_path(folder)});
    }
    path_.clear();
  }

 private:
  std::string path_;
};

void fetch(const PublishedData& data, const std::string& file) {
  const std::string url(data.url);
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
               .hint = "fetch it on a machine with a network and give it by --archive"});
}

void check_digest(const PublishedData& data, const std::string& file) {
  const Finished sum = run_program({"md5sum", "--", file});
  // A name with odd characters puts a backslash in front of the line.
  const std::string line = sum.output.starts_with('\\') ? sum.output.substr(1) : sum.output;
  const std::string found = line.substr(0, line.find(' '));
  if (sum.code != 0 || found != data.md5) {
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "the archive is not the published one",
                 .where = shown_path(file),
                 .expected = "MD5 " + std::string(data.md5),
                 .found = found.empty() ? "no digest" : found});
  }
}

bool is_wanted(std::string_view path) { return path.ends_with(".bin") || path.ends_with(".txt"); }

void unpack(const std::string& archive, const std::string& folder) {
  std::optional<ErrorInfo> failed;
  const Result<ArchiveSummary> read =
      read_archive(archive, is_wanted, [&](std::string_view path, std::string_view bytes) {
        const std::string name(path.substr(path.rfind('/') + 1));
        const Status written = write_file(folder + "/" + name, bytes, Overwrite::kAllow);
        if (!written.ok() && !failed) failed = written.error();
      });
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
  const InterruptGuard guard;
  const fs::path parent = fs::path(folder).parent_path();
  if (!parent.empty()) fs::create_directories(parent, code);
  FolderBeside beside(folder);
  std::string file = archive;
  if (file.empty()) {
    file = beside.path() + "/archive";
    console.note("downloading " + std::string(data.url));
    fetch(data, file);
  }
  check_digest(data, file);
  unpack(file, beside.path());
  if (archive.empty()) fs::remove(file, code);
  beside.become(folder);
}

}  // namespace fovea::app
