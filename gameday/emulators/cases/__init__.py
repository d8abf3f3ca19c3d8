"""The promises of AWS that an emulator is held to, one group a module."""
