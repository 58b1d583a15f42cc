"""One supervisor for all processes of the system: `make run`."""
