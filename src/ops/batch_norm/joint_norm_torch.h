// Batch normalisation over the parts of a batch that several processes hold.
#pragma once

#include "ops/facet_torch.h"

namespace fovea {

/// Runs a batch_norm node in training by the mean and variance of all processes' cells
/// (call.peers), and updates the running ones by these: equal in all processes. Gradients of
/// weight and bias are of this process's cells alone; the gradient of the input is of the losses of
/// all processes. Forward and backward wait for the other processes once each.
/// Source: Ioffe and Szegedy, "Batch Normalization", 2015, section 3.
void joint_batch_norm(TorchCall& call);

}  // namespace fovea
