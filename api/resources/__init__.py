"""One file for each thing that has an address: its shapes and its views."""
