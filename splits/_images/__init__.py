"""What the benchmarks of images share: COCO files, polygons, an image as a video of one frame."""
