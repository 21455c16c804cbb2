// The program with the learner.
#include <string_view>

#include "app/program.h"
#include "trainer/learner_hooks.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "train") fovea::start_with_sleeping_threads(argv);
  return fovea::app::run_program(argc, argv, fovea::learner_hooks());
}
