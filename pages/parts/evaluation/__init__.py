"""One model's answers to the test digits, and several models' side by side."""
