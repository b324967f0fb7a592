"""The main job from start to finish on a live hub: real workers, broker, database, HTTP."""
