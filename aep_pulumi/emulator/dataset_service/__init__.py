"""Dataset Service, `/data/foundation/dataset`: the data usage labels of datasets and of their fields."""
