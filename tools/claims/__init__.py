"""Other seeds: does each claim hold there, and by how much?"""
