"""Course manifests, kept by digest and searched by what is said."""
