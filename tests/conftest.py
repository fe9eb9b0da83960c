import os

from hypothesis import settings

# the networks of the tests are tiny: threads cost them more than they bring
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("tintype", deadline=None, derandomize=True)
settings.load_profile("tintype")
