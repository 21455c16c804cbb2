// What `fovea data make|pack|check|stats` do; printing is the caller's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "data/codecs/decode.h"
#include "data/core/dataset.h"
#include "data/core/pack.h"
#include "data/core/scenes.h"
#include "fovea/error.h"

namespace fovea {

/// Told how much of the work is done, from time to time, by one thread at a time; false stops the
/// work, which then returns kInterrupted.
using Progress = std::function<bool(int64_t done, int64_t total)>;

/// How many threads decode; 0: as many as the machine has.
struct DataWork {
  int n_threads = 0;
  Progress progress;  ///< may be empty
};

/// A picture that cannot be used, and why.
struct BrokenPicture {
  int64_t index = 0;
  std::string file;
  ErrorInfo error;
};

// make ------------------------------------------------------------------------------------------

/// Which scenes of a seed.
struct SceneRange {
  int64_t count = 0;
  int64_t first = 0;  ///< index of the first
};

/// Writes DIR/000000.png … and DIR/list.csv; DIR is made where its parent exists. Files are counted
/// from 0 whatever the first scene is. Under kRefuse nothing is written where DIR holds a list.csv
/// or one of the pictures.
/// Errors: kUsage (options), kCannotWrite.
Status make_scenes(const ScenesOptions& options, const SceneRange& range, const std::string& folder,
                   Overwrite overwrite, const DataWork& work = {});

/// Writes the pictures of any data set in the same way; list.csv says file, label and class.
/// Errors: kCannotWrite, kUsage for a class whose name a list cannot hold, those of the pictures.
Status write_pictures(const Dataset& data, const std::string& folder, Overwrite overwrite,
                      const DataWork& work = {});

// pack ------------------------------------------------------------------------------------------

struct PackOptions {
  int32_t side = 0;  ///< pictures become side x side (shorter side, centre crop); 0: as they are
  /// kEncoded: the files as they are, each decoded once to see that it can be; side must be 0.
  PackForm form = PackForm::kPixels;
  OnBroken on_broken = OnBroken::kStop;
  uint64_t source = 0;  ///< kept with the pack (Pack::source)
  Overwrite overwrite = Overwrite::kRefuse;
};

struct PackReport {
  int64_t n = 0;       ///< pictures in the pack
  int32_t height = 0;  ///< 0 for encoded files
  int32_t width = 0;
  std::vector<BrokenPicture> broken;  ///< left out, in order
};

/// Writes a data set into a pack. Without a side all pictures of a pack of pixels must have one
/// size; the error names the first that differs and says to give a side. Errors: kUsage for encoded
/// files where there are none; kBadInput where no picture is left.
Result<PackReport> pack_data(const Dataset& data, const std::string& path,
                             const PackOptions& options, const DataWork& work = {});

// check -----------------------------------------------------------------------------------------

/// A split by its name.
struct NamedSplit {
  std::string name;
  DatasetPtr data;
};

struct SplitCheck {
  std::string name;
  int64_t n = 0;
  std::vector<int64_t> per_class;  ///< by label
  double balance = 1.0;            ///< fewest / most pictures per class; 0 where a class is empty
  int32_t label_base = 0;          ///< smallest label that a picture has
  std::vector<BrokenPicture> broken;
};

/// One picture of a group of pictures with equal pixels.
struct PictureRef {
  std::string split;
  int64_t index = 0;
  std::string file;
  int32_t label = 0;
};

struct DuplicateGroup {
  std::vector<PictureRef> pictures;  ///< at least two
  bool across_splits = false;        ///< training data leaks into what judges it
  bool across_classes = false;       ///< one of the labels is wrong
};

struct DataCheck {
  std::vector<std::string> class_names;
  std::vector<SplitCheck> splits;
  std::vector<DuplicateGroup> duplicates;
  std::vector<std::string> class_differences;  ///< one sentence for each split with other classes
  /// Faults of a split as a whole: a damaged pack, an empty class folder, one class under several
  /// labels, labels that are left out (Dataset::findings).
  std::vector<std::string> faults;
  std::vector<std::string> remarks;  ///< likewise, what is unusual only

  /// Smallest label of all splits; above 0 the labels were probably counted from 1.
  [[nodiscard]] int32_t label_base() const;
  [[nodiscard]] int64_t n_broken() const;
  /// Groups of equal pictures across splits or classes.
  [[nodiscard]] int64_t n_across() const;
  /// Nothing broken, nothing across splits or classes, equal classes everywhere, labels from 0, no
  /// other fault.
  /// Duplicates within one class of one split and a lack of balance are worth a look but no
  /// failure.
  [[nodiscard]] bool passed() const;
};

/// Decodes everything.
Result<DataCheck> check_data(const std::vector<NamedSplit>& splits, const DataWork& work = {});

// stats -----------------------------------------------------------------------------------------

struct DataStats {
  int64_t n = 0;
  int64_t n_broken = 0;
  std::vector<std::string> class_names;
  std::vector<int64_t> per_class;  ///< broken pictures included
  int32_t min_height = 0, max_height = 0;
  int32_t min_width = 0, max_width = 0;
  /// (height, width) and how many pictures have it, most frequent first, at most ten.
  std::vector<std::pair<std::pair<int32_t, int32_t>, int64_t>> sizes;
  std::array<double, kChannels> mean{};       ///< over all pixels, of value / 255
  std::array<double, kChannels> deviation{};  ///< likewise
};

Result<DataStats> data_stats(const Dataset& data, const DataWork& work = {});

}  // namespace fovea
