"""Pictures of outputs that are gone leave the site."""

from types import SimpleNamespace

from book_build.pictures import remove_old_pictures


def test_only_the_pictures_that_a_page_shows_stay(tmp_path):
    site, made = tmp_path / "_build/html", tmp_path / "_build/jupyter_execute"
    (site / "_images/cards").mkdir(parents=True)
    made.mkdir()
    for name in ("picture-1.webp", "picture-2.webp"):
        (site / "_images" / name).touch()
        (made / name).touch()
    for name in ("_images/cards/a.png", "_images/photo.jpg"):
        (site / name).touch()
    shown = {"_build/jupyter_execute/picture-2.webp": ({"page"}, "picture-2.webp")}
    app = SimpleNamespace(
        outdir=site,
        srcdir=tmp_path,
        builder=SimpleNamespace(format="html"),
        env=SimpleNamespace(images=shown),
    )
    remove_old_pictures(app, RuntimeError())  # after a failure nothing is known
    assert (made / "picture-1.webp").exists()
    remove_old_pictures(app, None)
    left = [f.relative_to(tmp_path).as_posix() for f in tmp_path.rglob("*") if f.is_file()]
    assert sorted(left) == [
        "_build/html/_images/cards/a.png",
        "_build/html/_images/photo.jpg",
        "_build/html/_images/picture-2.webp",
        "_build/jupyter_execute/picture-2.webp",
    ]
