/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read-files DIRECTORY
 *
 * Opens, reads to the end and closes DIRECTORY/NAME/metadata.json for each NAME: what any lister must do. As quick as the
 * calls allow: the files are opened from the directory, and nothing is looked at.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char bytes[64 * 1024];
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *entry;
	long total = 0;

	if (dir == NULL)
		return 1;
	while ((entry = readdir(dir)) != NULL) {
		char path[512];
		ssize_t got;
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/metadata.json", entry->d_name);
		fd = openat(dirfd(dir), path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return 1;
		while ((got = read(fd, bytes, sizeof(bytes))) > 0)
			total += got;
		close(fd);
	}
	printf("%ld\n", total);
	closedir(dir);
	return 0;
}
