// The program without the learner.
#include "app/program.h"

int main(int argc, char** argv) { return fovea::app::run_program(argc, argv, {}); }
