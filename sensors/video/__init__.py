"""Where the camera's frames come from: opening a video source, and taking frames from it without ever hanging."""
