"""Static files with their content's hash in the name, JavaScript modules included."""

from __future__ import annotations

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedModulesStorage(ManifestStaticFilesStorage):
    """Also rewrites what modules import: after an upgrade no page mixes old modules with new ones."""

    support_js_module_import_aggregation = True
