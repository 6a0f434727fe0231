"""What the bytes of a camera mean: one file for each pixel format, found by its name.

A pixel format turns one frame as OpenCV hands it over into an image with a unit and says what is known to be wrong
with it. `y16` and `infiray` are radiometric: their image is degrees Celsius, float32, unit "Cel". `gray8` and
`gray16` are counts: the image keeps the sensor's own dtype, unit "1". A further format is one more file here with an
object called `PIXELS`; nothing else has to be edited.
"""
