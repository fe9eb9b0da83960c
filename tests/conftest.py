from hypothesis import settings

settings.register_profile("tintype", deadline=None, derandomize=True)
settings.load_profile("tintype")
