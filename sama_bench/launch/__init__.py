"""Starting workers: processes, devices, and the environment that a worker gets."""
