"""The machine below: processes, memory, disks, terminal and caches."""
