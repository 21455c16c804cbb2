// Labelled data as the command line names it: --data NAME|FOLDER|TAR|PACK --split S.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/network.h"
#include "app/verb.h"
#include "data/codecs/file_set.h"
#include "data/core/augment.h"
#include "data/core/dataset.h"
#include "data/core/transform.h"
#include "eval/input_source.h"

namespace fovea::app {

/// --data, --split, how many of its pictures, whether they are corrupted, and how a validation
/// split is cut where there is none.
[[nodiscard]] OptionSpecs data_options();

/// What --hold-out and --hold-out-seed say.
[[nodiscard]] HoldOutOptions hold_out_from(const Arguments& arguments);

/// What the options say; where they say nothing, the samples that the model's own training held
/// out, so that "val" is never what a model was trained on. Throws Error.
[[nodiscard]] HoldOutOptions hold_out_of(const Arguments& arguments, const Model& model);

/// A split of labelled data by name, found as --data says. Throws Error as open_data.
[[nodiscard]] DatasetPtr open_labelled(const std::string& name, const std::string& split,
                                       const HoldOutOptions& hold_out,
                                       const FileSetOptions& files = {});

/// The split that the options name. Throws Error.
[[nodiscard]] DatasetPtr data_from(const Arguments& arguments);
[[nodiscard]] DatasetPtr data_from(const Arguments& arguments, const HoldOutOptions& hold_out,
                                   const FileSetOptions& files = {});

/// The same before --take and --corrupt. Throws Error.
[[nodiscard]] DatasetPtr whole_data_from(const Arguments& arguments,
                                         const HoldOutOptions& hold_out);

/// The data with the labels that the network gives to its classes: by name where all of the data's
/// class names are among the network's, else in the same order. Throws Error (kUsage) where the
/// network has fewer classes than the data.
[[nodiscard]] DatasetPtr labelled_as(DatasetPtr data, const Network& network,
                                     const Console& console);

/// The transform that brings pictures to the network's input. Throws Error (kUsage) where the
/// network takes no square colour pictures, (kBadInput) where the stored transform does not fit.
[[nodiscard]] Transform transform_of(const Network& network);

/// Name of the network's single input.
[[nodiscard]] std::string input_name(const Network& network);

/// The samples that thresholds are to be chosen on where the options' split judges them: its "val"
/// where that split is another one, else what the model's training held out of "train" (by its
/// record or --hold-out). Labels are the network's. Throws Error.
[[nodiscard]] DatasetPtr held_out_from(const Arguments& arguments, const Network& network,
                                       const Console& console);

/// --skip-broken, for verbs that go on without pictures that cannot be read.
[[nodiscard]] OptionSpecs broken_options();

/// The options' split under the network's labels; with --skip-broken without the pictures that
/// cannot be read, which are named and counted on the console. Throws Error.
[[nodiscard]] DatasetPtr labelled_data_from(const Arguments& arguments, const Network& network,
                                            const Console& console);

/// All of it: data, labels, transform. Pictures are decoded on as many threads as --threads says.
[[nodiscard]] std::unique_ptr<InputSource> source_from(const Arguments& arguments,
                                                       const Network& network,
                                                       const Console& console);

}  // namespace fovea::app
