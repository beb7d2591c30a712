"""A bucket's credentials open a real S3 server, and only that bucket on it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.contract.railway_stand_in.railway import Railway

CREDENTIALS = """query($p: String!, $e: String!, $b: String!) {
  bucketS3Credentials(projectId: $p, environmentId: $e, bucketId: $b) {
  accessKeyId secretAccessKey bucketName endpoint region urlStyle } }"""
RESET = """mutation($p: String!, $e: String!, $b: String!) {
  bucketCredentialsReset(projectId: $p, environmentId: $e, bucketId: $b) { accessKeyId } }"""
DETAILS = """query($e: String!, $b: String!) {
  bucketInstanceDetails(environmentId: $e, bucketId: $b) { objectCount sizeBytes } }"""

Place = dict[str, Any]


def made(railway: Railway, project: str, environment: str, name: str = "backups") -> Place:
    """Make a bucket with its instance; return the ids."""
    bucket = railway.ask(
        "mutation($i: BucketCreateInput!) { bucketCreate(input: $i) { id } }",
        i={"projectId": project, "name": name},
    )["id"]
    railway.patch(environment, {"buckets": {bucket: {"region": "ams", "isCreated": True}}})
    return {"p": project, "e": environment, "b": bucket}


def credentials(railway: Railway, place: Place) -> Any:
    (found,) = railway.ask(CREDENTIALS, **place)
    return found


def client(keys: Any, **other: str) -> Any:
    given = {**keys, **other}
    return boto3.client(
        "s3",
        endpoint_url=given["endpoint"],
        aws_access_key_id=given["accessKeyId"],
        aws_secret_access_key=given["secretAccessKey"],
        region_name=given["region"],
        config=Config(s3={"addressing_style": given["urlStyle"]}, retries={"max_attempts": 1}),
    )


def refused(call: Callable[..., object], **arguments: str) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_objects_are_put_listed_read_and_deleted(railway: Railway) -> None:
    place = made(railway, *railway.project())
    keys = credentials(railway, place)
    s3, name = client(keys), keys["bucketName"]
    assert name.startswith("backups-")
    assert keys["region"] == "auto"
    s3.put_object(Bucket=name, Key="a/ü b+c", Body=b"hello", Metadata={"sha": "1"})
    found = s3.get_object(Bucket=name, Key="a/ü b+c")
    assert found["Body"].read() == b"hello"
    assert found["Metadata"] == {"sha": "1"}
    listed = s3.list_objects_v2(Bucket=name, Prefix="a/")["Contents"]
    assert [one["Key"] for one in listed] == ["a/ü b+c"]
    details = {"e": place["e"], "b": place["b"]}
    assert railway.ask(DETAILS, **details) == {"objectCount": 1, "sizeBytes": 5}
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "a/ü b+c"}]})
    assert railway.ask(DETAILS, **details) == {"objectCount": 0, "sizeBytes": 0}


def test_a_large_object_goes_up_in_parts(railway: Railway) -> None:
    keys = credentials(railway, made(railway, *railway.project()))
    s3, name = client(keys), keys["bucketName"]
    started = s3.create_multipart_upload(Bucket=name, Key="big")["UploadId"]
    part = s3.upload_part(
        Bucket=name, Key="big", UploadId=started, PartNumber=1, Body=b"x" * 5_242_880
    )
    rest = s3.upload_part(Bucket=name, Key="big", UploadId=started, PartNumber=2, Body=b"y")
    parts = [{"PartNumber": n, "ETag": p["ETag"]} for n, p in ((1, part), (2, rest))]
    s3.complete_multipart_upload(
        Bucket=name, Key="big", UploadId=started, MultipartUpload={"Parts": parts}
    )
    assert s3.head_object(Bucket=name, Key="big")["ContentLength"] == 5_242_881


def test_a_signed_address_works_without_keys(railway: Railway) -> None:
    keys = credentials(railway, made(railway, *railway.project()))
    s3, name = client(keys), keys["bucketName"]
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    signed = boto3.client(
        "s3",
        endpoint_url=keys["endpoint"],
        aws_access_key_id=keys["accessKeyId"],
        aws_secret_access_key=keys["secretAccessKey"],
        region_name="auto",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    ).generate_presigned_url("get_object", Params={"Bucket": name, "Key": "k"})
    assert railway.http.get(signed).content == b"v"
    assert railway.http.get(signed.replace("Signature=", "Signature=0")).status_code == 403


def test_keys_open_their_own_bucket_only(railway: Railway) -> None:
    project, environment = railway.project()
    mine = credentials(railway, made(railway, project, environment, "mine"))
    other = credentials(railway, made(railway, project, environment, "other"))
    s3 = client(mine)
    assert refused(s3.list_objects_v2, Bucket=other["bucketName"]) == "AccessDenied"
    assert refused(s3.list_buckets) == "AccessDenied"
    assert refused(s3.create_bucket, Bucket="another") == "AccessDenied"


def test_wrong_keys_are_told_apart(railway: Railway) -> None:
    keys = credentials(railway, made(railway, *railway.project()))
    name = keys["bucketName"]
    wrong = client(keys, secretAccessKey="wrong")
    assert refused(wrong.list_objects_v2, Bucket=name) == "SignatureDoesNotMatch"
    unknown = client(keys, accessKeyId="nobody")
    assert refused(unknown.list_objects_v2, Bucket=name) == "InvalidAccessKeyId"


def test_what_the_store_lacks_is_not_implemented(railway: Railway) -> None:
    keys = credentials(railway, made(railway, *railway.project()))
    s3, name = client(keys), keys["bucketName"]
    assert refused(s3.get_bucket_versioning, Bucket=name) == "NotImplemented"
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=name) == "NotImplemented"


def test_a_reset_closes_the_old_keys(railway: Railway) -> None:
    place = made(railway, *railway.project())
    old = credentials(railway, place)
    railway.ask(RESET, **place)
    assert refused(client(old).list_objects_v2, Bucket=old["bucketName"]) == "InvalidAccessKeyId"
    new = credentials(railway, place)
    assert client(new).list_objects_v2(Bucket=new["bucketName"])["KeyCount"] == 0


def test_credentials_come_late(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "1")
    place = made(railway, *railway.project())
    assert railway.refusal(CREDENTIALS, **place) == "BucketInstanceCredential not found"
    railway.control("clock", advance_s=4)
    assert credentials(railway, place)


def test_a_bucket_without_an_instance_has_no_credentials(railway: Railway) -> None:
    project, environment = railway.project()
    bucket = railway.ask(
        "mutation($i: BucketCreateInput!) { bucketCreate(input: $i) { id } }",
        i={"projectId": project, "name": "x"},
    )["id"]
    place = {"p": project, "e": environment, "b": bucket}
    assert railway.refusal(CREDENTIALS, **place) == "BucketInstance not found"


def test_references_bring_the_keys_to_the_service(railway: Railway) -> None:
    bot = railway.bot(KEY="${{backups.SECRET_ACCESS_KEY}}", WHERE="${{backups.ENDPOINT}}")
    keys = credentials(railway, made(railway, bot.project, bot.environment))
    seen = bot.says(bot.up(), "boot")["variables"]
    assert seen["KEY"] == keys["secretAccessKey"]
    assert seen["WHERE"] == railway.hello["s3_url"]


def test_a_bucket_is_deleted_by_patch_and_comes_back_with_its_objects(railway: Railway) -> None:
    place = made(railway, *railway.project())
    keys = credentials(railway, place)
    client(keys).put_object(Bucket=keys["bucketName"], Key="k", Body=b"v")
    railway.patch(place["e"], {"buckets": {place["b"]: {"isDeleted": True}}})
    assert railway.refusal(CREDENTIALS, **place) == "BucketInstance not found"
    assert place["b"] not in railway.config(place["e"]).get("buckets", {})
    railway.patch(place["e"], {"buckets": {place["b"]: {"isCreated": True, "region": "ams"}}})
    again = credentials(railway, place)
    assert client(again).get_object(Bucket=again["bucketName"], Key="k")["Body"].read() == b"v"


def test_the_store_can_be_unavailable(railway: Railway) -> None:
    keys = credentials(railway, made(railway, *railway.project()))
    railway.control("faults", name="s3-unavailable")
    assert refused(client(keys).list_objects_v2, Bucket=keys["bucketName"]) == "SlowDown"
    railway.control("faults", "DELETE", name="s3-unavailable")
    assert client(keys).list_objects_v2(Bucket=keys["bucketName"])["KeyCount"] == 0


def test_a_store_that_died_is_started_again_with_its_objects(start: Callable[..., Railway]) -> None:
    railway = start("--delay-scale", "0")
    keys = credentials(railway, made(railway, *railway.project()))
    client(keys).put_object(Bucket=keys["bucketName"], Key="k", Body=b"v")
    (child,) = [
        int(entry.parent.name)
        for entry in Path("/proc").glob("[0-9]*/cmdline")
        if f"{railway.hello['state']}/buckets" in entry.read_text()
    ]
    os.kill(child, signal.SIGKILL)
    found = railway.until(lambda: again(keys), "the next server")
    assert found == b"v"


def again(keys: Any) -> bytes | None:
    """Read the object, or nothing while no server is there."""
    try:
        body: bytes = client(keys).get_object(Bucket=keys["bucketName"], Key="k")["Body"].read()
    except (BotoCoreError, ClientError):
        return None
    return body
