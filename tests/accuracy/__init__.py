"""How well the ears and the mask do, measured in public: ``python -m tests.accuracy``."""
