"""Local files for AIDGE, which takes addresses only: from the command line to the bucket."""

import json
from pathlib import Path

import pytest
from PIL import Image

RUN = ("-p", "aidge", "--person", "p.jpg", "--top", "t.png")
WITH = ("--extension", "s3")


def test_local_files_become_an_image_and_nothing_stays_in_the_bucket(tryon, aidge, bucket):
    ended = tryon("run", *RUN, *WITH, "--out", "out.png")
    assert ended.code == 0, ended.err
    with Image.open("out.png") as image:
        assert image.size == (400, 600)
    assert list(aidge.ctx.billed.values()) == [1]
    assert bucket.keys == []


def test_without_it_they_are_refused_and_the_remedy_names_the_extension(tryon, aidge):
    ended = tryon("run", *RUN, "--out", "out.png")
    assert ended.code == 2
    assert "an extension that publishes images" in ended.err
    assert aidge.ctx.billed == {}


@pytest.mark.usefixtures("aidge")
def test_in_use_by_the_settings_it_needs_no_option(tryon, bucket, monkeypatch):
    Path("tryon.toml").write_text(
        '[extensions]\nuse = ["s3"]\n[extensions.s3]\nprefix = "shop/photos/"\n'
    )
    monkeypatch.setenv("TRYON_CONFIG", "tryon.toml")
    assert tryon("check", *RUN).code == 0
    ended = tryon("submit", *RUN, "--json")
    assert len(bucket.keys) == 2
    assert all(key.startswith("shop/photos/") for key in bucket.keys)
    token = json.loads(ended.out)["job"]["token"]
    assert tryon("resume", token, "--out", "out.png").code == 0
    assert bucket.keys == []


@pytest.mark.usefixtures("aidge")
def test_a_time_out_leaves_them_and_the_command_that_goes_on_takes_them_out(tryon, bucket):
    ended = tryon("run", *RUN, *WITH, "--out", "out.png", "--timeout", "1")
    assert ended.code == 5
    assert len(bucket.keys) == 2
    command = ended.err.splitlines()[-1].split()[1:]
    assert command[-2:] == ["--extension", "s3"]
    assert tryon(*command).code == 0
    assert bucket.keys == []


@pytest.mark.usefixtures("aidge")
def test_further_photos_of_the_person_go_the_same_way(tryon, bucket):
    ended = tryon("run", *RUN, *WITH, "-o", "more_photos=p.jpg", "--out", "both/")
    assert ended.code == 0, ended.err
    assert len(ended.out.split()) == 2
    assert bucket.keys == []


def test_a_bucket_that_is_not_there_costs_nothing(tryon, aidge, monkeypatch):
    monkeypatch.setenv("TRYON_EXTENSION_S3_BUCKET", "nowhere")
    ended = tryon("run", *RUN, *WITH, "--out", "out.png")
    assert ended.code == 3
    assert "cannot write into the bucket 'nowhere'" in ended.err
    assert aidge.ctx.billed == {}


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_run_over_a_catalogue_leaves_the_bucket_empty(tryon, aidge, bucket, executor):
    rows = [f"sku-{n},p.jpg,t{n}.png" for n in range(4)]
    for n in range(4):
        Image.new("RGB", (300, 300), (40 * n, 90, 160)).save(f"t{n}.png")
    Path("m.csv").write_text("\n".join(["id,person,top", *rows]) + "\n")
    run = ("batch", "m.csv", "-p", "aidge", *WITH, "--out", "r", "--executor", executor)
    ended = tryon(*run, "--concurrency", "2")
    assert ended.code == 0, ended.err
    assert len(list(Path("r").glob("sku-*.png"))) == 4
    assert bucket.keys == []
    assert sorted(aidge.ctx.billed.values()) == [1, 1, 1, 1]
