# Event handlers: one line for each folder.
