"""What the notebooks of Step Zero share: initializers, networks, training, experiments, figures, explorers."""
