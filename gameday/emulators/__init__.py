"""The emulators a game day can run on, held to the contract of AWS."""
