/* vectorscan PATTERNS TEXT TURNS: all patterns (one a line) over a file in one database, best of the turns, one core.
   Patterns that it does not compile are left out and counted. It reports where matches end, not where they start. */
#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *count) {
    (void)id; (void)from; (void)to; (void)flags;
    ++*(unsigned long *)count;
    return 0;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    char *line = NULL; size_t room = 0; unsigned count = 0, left_out = 0;
    const char **patterns = NULL; unsigned *flags = NULL, *ids = NULL;
    FILE *file = fopen(argv[1], "r");
    if (!file) return 2;
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (!*line) continue;
        hs_database_t *one; hs_compile_error_t *error;
        if (hs_compile(line, HS_FLAG_DOTALL, HS_MODE_BLOCK, NULL, &one, &error)) { hs_free_compile_error(error); left_out++; continue; }
        hs_free_database(one);
        patterns = realloc(patterns, (count + 1) * sizeof *patterns);
        flags = realloc(flags, (count + 1) * sizeof *flags);
        ids = realloc(ids, (count + 1) * sizeof *ids);
        patterns[count] = strdup(line); flags[count] = HS_FLAG_DOTALL; ids[count] = count; count++;
    }
    fclose(file);
    hs_database_t *database; hs_compile_error_t *error; hs_scratch_t *scratch = NULL;
    double start = seconds();
    if (hs_compile_multi(patterns, flags, ids, count, HS_MODE_BLOCK, NULL, &database, &error)) { fprintf(stderr, "%s\n", error->message); return 1; }
    double built = seconds() - start;
    hs_alloc_scratch(database, &scratch);
    file = fopen(argv[2], "rb");
    if (!file) return 2;
    fseek(file, 0, SEEK_END); long size = ftell(file); rewind(file);
    char *text = malloc(size + 1);
    if (fread(text, 1, size, file) != (size_t)size) return 2;
    double best = 1e9; unsigned long matches = 0;
    for (int turn = 0; turn < atoi(argv[3]); turn++) {
        matches = 0; start = seconds();
        hs_scan(database, text, size, 0, scratch, on_match, &matches);
        double took = seconds() - start;
        if (took < best) best = took;
    }
    printf("%.1f %u %u %lu %.2f\n", size / best / 1e6, count, left_out, matches, built);
    return 0;
}
