/* The floor of a grey picture: libjpeg-turbo's own compressor on pixels that are 8 bit already, and nothing else.
 *
 * usage: compress_grey WIDTH HEIGHT QUALITY FILE     FILE holds WIDTH x HEIGHT bytes; for each line on stdin compresses
 *                                                    them once, and prints the nanoseconds of CPU and the bytes
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <jpeglib.h>

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static unsigned long compress(unsigned char *pixels, int width, int height, int quality, unsigned char *jpeg,
                              unsigned long room)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned long size = room;

    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &jpeg, &size);
    c.image_width = width;
    c.image_height = height;
    c.input_components = 1;
    c.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, quality, TRUE);
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < c.image_height) {
        JSAMPROW rows[16];
        int n = 0;
        while (n < 16 && c.next_scanline + n < c.image_height) {
            rows[n] = pixels + (size_t)(c.next_scanline + n) * width;
            n++;
        }
        jpeg_write_scanlines(&c, rows, n);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    return size;
}

int main(int argc, char **argv)
{
    char line[16];
    int width, height;
    size_t size;
    unsigned char *pixels, *jpeg;
    FILE *file;

    if (argc != 5 || !(file = fopen(argv[4], "rb")))
        return 2;
    width = atoi(argv[1]);
    height = atoi(argv[2]);
    size = (size_t)width * height;
    pixels = malloc(size);
    jpeg = malloc(2 * size + 65536); /* room enough, so that the library never makes its own */
    if (!pixels || !jpeg || fread(pixels, 1, size, file) != size)
        return 2;
    while (fgets(line, sizeof line, stdin)) {
        long long begin = now();
        unsigned long bytes = compress(pixels, width, height, atoi(argv[3]), jpeg, 2 * size + 65536);
        printf("%lld %lu\n", now() - begin, bytes);
        fflush(stdout);
    }
    return 0;
}
