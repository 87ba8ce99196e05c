/* The floor of receiving: take every bsread message off ZeroMQ and drop it, as little as a C program can do.
 *
 * usage: receive_and_drop ADDRESS     subscribes; prints the number of messages so far for each line on stdin
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

static atomic_long messages;

static void *answer(void *unused)
{
    char line[16];

    while (fgets(line, sizeof line, stdin)) {
        printf("%ld\n", atomic_load(&messages));
        fflush(stdout);
    }
    exit(0);
    return unused;
}

int main(int argc, char **argv)
{
    int queued = 16;
    pthread_t answering;
    void *socket = zmq_socket(zmq_ctx_new(), ZMQ_SUB);

    if (argc != 2)
        return 2;
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &queued, sizeof queued);
    if (zmq_connect(socket, argv[1]) < 0) {
        perror(argv[1]);
        return 1;
    }
    pthread_create(&answering, NULL, answer, NULL);
    for (;;) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, socket, 0) < 0)
            return 1;
        if (!zmq_msg_more(&part))
            atomic_fetch_add(&messages, 1);
        zmq_msg_close(&part);
    }
}
