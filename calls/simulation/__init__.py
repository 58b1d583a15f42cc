"""Simulated parties: real sockets, real WebRTC, real sound, no browser. For `simulate_calls`, the demo and load."""
