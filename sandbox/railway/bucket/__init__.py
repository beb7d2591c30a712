"""The object store behind a bucket: moto's S3 server in a child process, kept on disk."""
