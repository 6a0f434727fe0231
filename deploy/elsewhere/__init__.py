"""The folder that takes a model to another program: the ONNX file, its labels, an example and a README."""
