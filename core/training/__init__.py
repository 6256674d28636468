"""The only room that imports TensorFlow and Keras; importing this package itself does not.

`core.training.network` builds, `fit` trains, `loop` trains and measures, `export` writes bundles, and
`python -m core.training PRESET` does it all from a terminal.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported; errors still raise
# XLA keeps to vectors of 256 bits where the processor has 512; with these, Adam takes a tenth less time a step.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_prefer_vector_width=512")
