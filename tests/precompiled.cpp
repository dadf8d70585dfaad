// Has the precompiled header of all tests, and nothing else; catch_main.cpp cannot have it.
