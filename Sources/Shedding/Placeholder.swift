enum SheddingPlaceholder {}
