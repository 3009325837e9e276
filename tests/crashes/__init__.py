"""Every verb that moves money or keeps money's rows, ended in the middle at each of its points."""
