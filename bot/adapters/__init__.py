"""The outside world, one package a thing; no adapter knows another, all may know `wire`."""
