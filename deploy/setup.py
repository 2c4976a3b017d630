"""The egg that scrapyd runs: the packages of the project with their data, and ``settings.server`` as its settings.

For ``scrapyd-deploy`` in this folder (see docs/operations.md) and for nothing else: ``pip install .`` takes
pyproject.toml in the folder above, and what is packed is read from there too.
"""

import tomllib
from pathlib import Path

from setuptools import find_namespace_packages, setup

ROOT = Path(__file__).resolve().parent.parent
about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
packing = about["tool"]["setuptools"]

setup(
    name=about["project"]["name"],
    version=about["project"]["version"],
    python_requires=about["project"]["requires-python"],
    package_dir={"": ".."},
    packages=find_namespace_packages("..", include=packing["packages"]["find"]["include"]),
    package_data=packing["package-data"],
    # scrapyd leaves an egg zipped: whoever reads a file of ours does it by importlib.resources or pkgutil.get_data.
    zip_safe=True,
    # scrapyd takes the settings from here; the scrapy.cfg of the project is not in the egg.
    entry_points={"scrapy": ["settings = settings.server"]},
    # By default it would lie beside the packages.
    options={"egg_info": {"egg_base": "."}},
)
