"""What deploy/dev/clients needs of Python: Keystone as a process, the people in it, and openstacksdk as a client.

clients.py serve PORT            Keystone on 127.0.0.1; its configuration is where OS_KEYSTONE_CONFIG_FILES says
clients.py people                projects alpha and beta with their people; prints the id of alpha
clients.py sdk SERVER            deletes a server, restores it and waits until it is active
"""
import signal
import sys


def serve(port):
    import waitress
    from keystone.server.wsgi import initialize_public_application

    waitress.serve(initialize_public_application(), listen=f"127.0.0.1:{port}", threads=4)


def people():
    import openstack

    identity = openstack.connect().identity
    roles = {role.name: role for role in identity.roles()}
    for name in ("alpha", "beta"):
        project = identity.create_project(name=name, domain_id="default")
        for role in ("member", "reader", "admin"):
            user = identity.create_user(name=f"{name}-{role}", password="pw", domain_id="default")
            identity.assign_project_role_to_user(project, user, roles[role])
        if name == "alpha":
            print(project.id)
    # An administrator of a domain, and of nothing else.
    user = identity.create_user(name="domain-admin", password="pw", domain_id="default")
    identity.assign_domain_role_to_user("default", user, roles["admin"])
    identity.create_project(name="service", domain_id="default")


def sdk(server_id):
    import openstack

    compute = openstack.connect().compute
    compute.delete_server(server_id)
    server = compute.wait_for_server(compute.get_server(server_id), status="SOFT_DELETED", interval=0.2, wait=60)
    compute.restore_server(server)
    server = compute.wait_for_server(server, status="ACTIVE", interval=0.2, wait=60)
    print(server.status)


# A shell starts what it starts in the background deaf to this signal, with which the script ends it.
signal.signal(signal.SIGINT, signal.SIG_DFL)
sys.argv, arguments = ["keystone"], sys.argv[1:]
{"serve": serve, "people": people, "sdk": sdk}[arguments[0]](*arguments[1:])
